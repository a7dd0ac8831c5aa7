/**
 * The part of a CloudWatch dashboard's source that is used here.
 * docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
 */
export interface DashboardBody {
  /** How much of the past is shown at first, as an ISO 8601 duration. */
  readonly start: string;
  readonly widgets: readonly PlacedWidget[];
}

export type PlacedWidget = Widget & Place;

/** In grid units, from the top left; the grid is 24 wide. */
interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export type Widget = MetricWidget | TextWidget | AlarmWidget;

export interface MetricWidget {
  readonly type: "metric";
  readonly properties: {
    readonly title: string;
    readonly region: string;
    readonly view: "timeSeries" | "singleValue";
    readonly stacked?: boolean;
    /** A curve below a single value. */
    readonly sparkline?: boolean;
    /** Seconds that one value stands for. */
    readonly period: number;
    readonly stat: Statistic;
    readonly metrics: readonly MetricRow[];
    readonly yAxis?: { readonly left?: Axis; readonly right?: Axis };
    readonly annotations?: { readonly horizontal: readonly HorizontalAnnotation[] };
  };
}

export interface TextWidget {
  readonly type: "text";
  readonly properties: { readonly markdown: string };
}

export interface AlarmWidget {
  readonly type: "alarm";
  readonly properties: { readonly title: string; readonly alarms: readonly string[] };
}

export type Statistic = "Maximum" | "Average" | "Sum" | "Minimum" | "p95";

/** Namespace, name, one dimension with its value, and how to draw it. */
export type MetricRow = readonly [
  namespace: string,
  name: string,
  dimension: string,
  value: string,
  options: MetricRowOptions,
];

export interface MetricRowOptions {
  readonly label: string;
  readonly color?: string;
  readonly stat?: Statistic;
  readonly yAxis?: "left" | "right";
}

interface Axis {
  readonly label?: string;
  readonly min?: number;
  readonly showUnits?: boolean;
}

interface HorizontalAnnotation {
  readonly label: string;
  readonly value: number;
  readonly color: string;
  readonly fill?: "above" | "below";
}

export const GRID_COLUMNS = 24;

/** Widgets side by side, each with its width; all are equally high. */
export interface DashboardRow {
  readonly height: number;
  readonly widgets: readonly (readonly [width: number, widget: Widget])[];
}

/** Puts rows below each other, and their widgets from the left. */
export function placed(rows: readonly DashboardRow[]): PlacedWidget[] {
  let y = 0;
  return rows.flatMap(({ height, widgets }) => {
    let x = 0;
    const row = widgets.map(([width, widget]) => {
      const place = { x, y, width, height };
      x += width;
      return { ...widget, ...place };
    });
    y += height;
    return row;
  });
}

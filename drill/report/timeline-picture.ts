import { type EChartsOption, init } from "echarts";
import type { LagPoint } from "../evidence/lag";
import type { LatencyPoint, ReaderBin, Segment, Timeline } from "./timeline";
import { clockTime, duration } from "./wording";

const WIDTH = 1160;
const LEFT = 112;
const RIGHT = 20;
const PHASE_ROW = { top: 4, height: 22 };
const READER_ROW = { top: 54, height: 150 };
const LATENCY_ROW = { top: 232, height: 70 };
const LAG_ROW = { top: 330, height: 70 };
const LANE_TOP = 424;
const LANE_HEIGHT = 23;
const MINIMUM_LABEL_WIDTH_PER_CHARACTER = 6.6;

/** Colours are the page's own, so that one picture serves light, dark and paper. */
const COLOURS: Readonly<Record<Segment["kind"], string>> = {
  phase: "var(--band)",
  primary: "var(--primary)",
  secondary: "var(--secondary)",
  broken: "var(--failed)",
  unhealthy: "var(--unhealthy)",
  paused: "var(--paused)",
  operator: "var(--operator)",
  refused: "var(--failed)",
};
const TEXT_COLOURS: Readonly<Record<Segment["kind"], string>> = {
  phase: "var(--text)",
  primary: "var(--on-colour)",
  secondary: "var(--on-colour)",
  broken: "var(--on-colour)",
  unhealthy: "var(--text)",
  paused: "var(--text)",
  operator: "var(--text)",
  refused: "var(--on-colour)",
};

/** The run as one SVG: phases, who served readers, replication's lag, what was broken, where the writer wrote. */
export function timelinePicture(timeline: Timeline): string {
  const height = LANE_TOP + timeline.lanes.length * LANE_HEIGHT + 44;
  const chart = init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height });
  try {
    chart.setOption(pictureOption(timeline));
    return chart.renderToSVGString({ useViewBox: true });
  } finally {
    chart.dispose();
  }
}

function pictureOption(timeline: Timeline): EChartsOption {
  const laneNames = timeline.lanes.map(({ name }) => name);
  const rows = [
    PHASE_ROW,
    READER_ROW,
    LATENCY_ROW,
    LAG_ROW,
    { top: LANE_TOP, height: laneNames.length * LANE_HEIGHT },
  ];
  const lanes = timeline.lanes.flatMap(({ segments }, lane) =>
    segments.map((segment) => ({ ...segment, lane })),
  );
  const phases = timeline.phases.map((segment) => ({ ...segment, lane: 0 }));
  return {
    animation: false,
    textStyle: { fontFamily: "inherit" },
    grid: rows.map(({ top, height }) => ({ left: LEFT, right: RIGHT, top, height })),
    xAxis: rows.map((_row, index) => timeAxis(index, timeline.endSeconds, index === rows.length - 1)),
    yAxis: [
      laneAxis(0, ["phase"]),
      countAxis(1, `reads\nper ${duration(timeline.readers.binSeconds)}`),
      latencyAxis(),
      lagAxis(timeline.lag),
      laneAxis(4, laneNames),
    ],
    series: [
      segmentSeries(0, phases),
      ...readerSeries(timeline.readers.bins),
      flipSeries(timeline),
      ...latencySeries(timeline.latency),
      lagSeries(timeline.lag),
      segmentSeries(4, lanes),
    ],
  };
}

function timeAxis(gridIndex: number, endSeconds: number, labelled: boolean) {
  return {
    type: "value" as const,
    gridIndex,
    min: 0,
    max: endSeconds,
    interval: niceStep(endSeconds, 12),
    axisLabel: {
      show: labelled,
      color: "var(--muted)",
      formatter: (value: number) => clockTime(value),
      showMaxLabel: false,
    },
    axisLine: { show: labelled, onZero: false, lineStyle: { color: "var(--rule)" } },
    axisTick: { show: labelled, lineStyle: { color: "var(--rule)" } },
    splitLine: { show: gridIndex > 0, lineStyle: { color: "var(--rule)", opacity: 0.6 } },
    ...(labelled
      ? {
          name: "minutes and seconds of the real deployment",
          nameLocation: "middle" as const,
          nameGap: 26,
          nameTextStyle: { color: "var(--muted)" },
        }
      : {}),
  };
}

/** The least step, at full minutes where there are minutes, that needs no more than so many for the whole. */
function niceStep(seconds: number, most: number): number {
  const steps = [1, 2, 5, 10, 30, 60, 120, 180, 300, 600, 1200, 1800, 3600];
  return steps.find((step) => seconds / step <= most) ?? Math.ceil(seconds / most / 3600) * 3600;
}

function laneAxis(gridIndex: number, names: readonly string[]) {
  return {
    type: "category" as const,
    gridIndex,
    data: [...names],
    inverse: true,
    axisLine: { show: false },
    axisTick: { show: false },
    axisLabel: { color: "var(--muted)", interval: 0 },
  };
}

function countAxis(gridIndex: number, name: string) {
  return {
    type: "value" as const,
    gridIndex,
    name,
    min: 0,
    nameLocation: "middle" as const,
    nameGap: 48,
    nameRotate: 0,
    nameTextStyle: { color: "var(--muted)" },
    splitNumber: 2,
    axisLabel: { color: "var(--muted)" },
    axisLine: { lineStyle: { color: "var(--rule)" } },
    axisTick: { lineStyle: { color: "var(--rule)" } },
    splitLine: { lineStyle: { color: "var(--rule)", opacity: 0.6 } },
  };
}

function lagAxis(points: readonly LagPoint[]) {
  const worst = points.reduce((most, { lag }) => Math.max(most, lag ?? 0), 1);
  const axis = countAxis(3, "lag");
  const step = niceStep(worst, 3);
  return {
    ...axis,
    nameGap: 62,
    interval: step,
    max: Math.ceil(worst / step) * step,
    axisLabel: {
      ...axis.axisLabel,
      formatter: (value: number) => (step >= 60 ? `${value / 60} min` : `${value} s`),
    },
  };
}

function latencyAxis() {
  const { nameLocation, nameRotate, nameTextStyle, axisLabel, axisLine, axisTick, splitLine } = countAxis(
    2,
    "",
  );
  return {
    type: "log" as const,
    gridIndex: 2,
    name: "time to\nanswer",
    min: 1,
    nameGap: 62,
    ...{ nameLocation, nameRotate, nameTextStyle, axisLine, axisTick, splitLine },
    axisLabel: {
      ...axisLabel,
      formatter: (value: number) => (value >= 1000 ? `${value / 1000} s` : `${value} ms`),
    },
  };
}

const LATENCY_LINES = { p50: "solid", p95: "dashed", p99: "dotted" } as const;

function latencySeries(points: readonly LatencyPoint[]) {
  return (["p50", "p95", "p99"] as const).map((share) => ({
    type: "line" as const,
    xAxisIndex: 2,
    yAxisIndex: 2,
    symbol: "none",
    silent: true,
    lineStyle: { width: 1.4, color: "var(--text)", type: LATENCY_LINES[share] },
    // Below a millisecond nothing is worth seeing, and a logarithm has no 0.
    data: points.map((point) => [point.from, Math.max(1, point[share])]),
  }));
}

function readerSeries(bins: readonly ReaderBin[]) {
  return (["primary", "secondary", "failed"] as const).map((answer) => ({
    type: "line" as const,
    xAxisIndex: 1,
    yAxisIndex: 1,
    stack: "reads",
    step: "end" as const,
    symbol: "none",
    silent: true,
    lineStyle: { width: 0, color: `var(--${answer})` },
    areaStyle: { color: `var(--${answer})`, opacity: 1 },
    data: bins.map((bin) => [bin.from, bin[answer]]),
  }));
}

/** Vertical lines over the readers' row: where the toggle was flipped, and until when the fence held. */
function flipSeries({ flips }: Timeline) {
  return {
    type: "line" as const,
    xAxisIndex: 1,
    yAxisIndex: 1,
    data: [],
    silent: true,
    lineStyle: { color: "var(--text)" },
    markLine: {
      silent: true,
      symbol: "none",
      data: flips.flatMap(({ at, fenceEnds, to }) => [
        flipLine(at, `flip to ${to}`, "solid"),
        flipLine(fenceEnds, "fence over", "dashed"),
      ]),
    },
  };
}

function flipLine(xAxis: number, text: string, type: "solid" | "dashed") {
  return {
    xAxis,
    lineStyle: { color: "var(--text)", type, width: type === "solid" ? 1.6 : 1 },
    label: {
      formatter: text,
      color: "var(--text)",
      position: "end" as const,
      // Away from each other: a flip and the end of its fence are close.
      align: type === "solid" ? ("right" as const) : ("left" as const),
      distance: 4,
      fontSize: 11,
    },
  };
}

function lagSeries(points: readonly LagPoint[]) {
  return {
    type: "line" as const,
    xAxisIndex: 3,
    yAxisIndex: 3,
    symbol: "none",
    silent: true,
    connectNulls: false,
    lineStyle: { color: "var(--text)", width: 1.4 },
    areaStyle: { color: "var(--band)" },
    data: points.map(({ at, lag }) => [at, lag ?? "-"]),
  };
}

function segmentSeries(grid: number, segments: readonly (Segment & { readonly lane: number })[]) {
  return {
    type: "custom" as const,
    xAxisIndex: grid,
    yAxisIndex: grid,
    silent: true,
    encode: { x: [0, 1], y: 2 },
    data: segments.map(({ from, to, lane }) => [from, to, lane]),
    renderItem: (
      parameters: { readonly dataIndex: number },
      api: { coord(value: number[]): number[]; value(dimension: number): number | string },
    ) => {
      const segment = segments[parameters.dataIndex];
      const lane = Number(api.value(2));
      const [left = 0, middle = 0] = api.coord([Number(api.value(0)), lane]);
      const [right = 0] = api.coord([Number(api.value(1)), lane]);
      if (segment === undefined) return undefined;
      const width = Math.max(2, right - left - 1);
      const height = LANE_HEIGHT - 5;
      const isReadable = width > segment.label.length * MINIMUM_LABEL_WIDTH_PER_CHARACTER;
      return {
        type: "rect" as const,
        shape: { x: left, y: middle - height / 2, width, height, r: 3 },
        style: { fill: COLOURS[segment.kind] },
        textContent: {
          type: "text" as const,
          style: {
            text: isReadable ? segment.label : "",
            fill: TEXT_COLOURS[segment.kind],
            fontSize: 11,
            fontFamily: "inherit",
          },
        },
        textConfig: { position: "inside" as const },
      };
    },
  };
}

import { type EChartsOption, init } from "echarts";
import type { JudgedFigure } from "./judged-figure";

const WIDTH = 1160;
const HEIGHT = 210;
const MARGIN = { left: 64, right: 24, top: 34, bottom: 44 };

export interface DistributionPicture {
  readonly title: string;
  /** What the horizontal axis counts, as in `seconds`. */
  readonly unit: string;
  readonly figure: JudgedFigure;
}

/** One distribution as SVG: how often each value was measured, with the predicted mean, the measured one, the median and the 95th percentile. */
export function distributionPicture(picture: DistributionPicture): string {
  const chart = init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height: HEIGHT });
  try {
    chart.setOption(pictureOption(picture));
    return chart.renderToSVGString({ useViewBox: true });
  } finally {
    chart.dispose();
  }
}

function pictureOption({ unit, figure: { measured, predicted } }: DistributionPicture): EChartsOption {
  const { from, binWidth, counts } = measured.histogram;
  const centre = (bin: number) => from + (bin + 0.5) * binWidth;
  const isMedianFirst = measured.median <= predicted.mean;
  const axisLine = { lineStyle: { color: "var(--rule)" } };
  return {
    animation: false,
    textStyle: { fontFamily: "inherit" },
    grid: MARGIN,
    xAxis: {
      type: "value",
      min: from,
      max: from + counts.length * binWidth,
      name: unit,
      nameLocation: "middle",
      nameGap: 26,
      nameTextStyle: { color: "var(--muted)" },
      axisLabel: { color: "var(--muted)", formatter: (value: number) => shownOnAxis(value) },
      axisLine,
      splitLine: { show: false },
    },
    yAxis: {
      type: "value",
      axisLabel: { color: "var(--muted)", formatter: (value: number) => `${value} %` },
      splitLine: { lineStyle: { color: "var(--rule)", opacity: 0.6 } },
      splitNumber: 3,
    },
    series: [
      {
        type: "custom",
        silent: true,
        data: counts.map((count, bin) => [centre(bin), (100 * count) / measured.count]),
        renderItem: (_parameters, api) => {
          const [x, share] = [Number(api.value(0)), Number(api.value(1))];
          const [left = 0, top = 0] = api.coord([x - binWidth / 2, share]);
          const [right = 0, bottom = 0] = api.coord([x + binWidth / 2, 0]);
          return {
            type: "rect",
            shape: { x: left + 1, y: top, width: Math.max(1, right - left - 2), height: bottom - top },
            style: { fill: "var(--primary)" },
          };
        },
      },
      {
        type: "line",
        data: [],
        silent: true,
        markLine: {
          silent: true,
          symbol: "none",
          data: [
            // Away from each other: they are close.
            line(measured.median, "median", "solid", isMedianFirst ? "right" : "left"),
            line(predicted.mean, "predicted mean", "dashed", isMedianFirst ? "left" : "right"),
            line(measured.p95, "95 %", "solid", "right"),
          ],
        },
      },
    ],
  };
}

function line(xAxis: number, text: string, type: "solid" | "dashed", align: "left" | "right") {
  return {
    xAxis,
    lineStyle: { color: "var(--text)", type, width: 1.4 },
    label: {
      formatter: text,
      color: "var(--text)",
      position: "end" as const,
      align,
      padding: [0, 5],
      distance: 4,
      fontSize: 11,
    },
  };
}

function shownOnAxis(value: number): string {
  return (Math.round(value * 10) / 10).toLocaleString("en-US");
}

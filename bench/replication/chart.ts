import { type EChartsOption, init } from "echarts";
import { CONTENDERS, type ContenderName, OURS } from "./contenders";
import type { Row } from "./summary";

const WIDTH = 960;
const BAR_HEIGHT = 15;
const GROUP_GAP = 18;
const TOP = 64;
const BOTTOM = 8;
const INK = "#1f2328";

/** Legible on white, which the picture brings along: READMEs are read on light and on dark pages. */
const COLOURS: Readonly<Record<string, string>> = {
  replicator: "#1a7f5a",
  sdk: "#e08a1e",
  "copy-everything": "#b3423a",
  rclone: "#3b6fb6",
  "rclone-metadata": "#6d9ad6",
  "rclone-no-head": "#a9c6ec",
};

/** Workloads of the picture, with their labels. */
const SHOWN: readonly (readonly [workload: string, label: string])[] = [
  ["small", "20,000 new\n10 KB objects"],
  ["small-tls", "the same\nover TLS"],
  ["overwritten", "5,000\noverwritten"],
  ["metadata", "5,000 with headers,\nmetadata, tags"],
  ["unchanged", "1,000,000\nunchanged"],
  ["multipart", "1,000 put\nin two parts"],
  ["large", "20 × 50 MB"],
];

interface Bar {
  readonly workload: string;
  readonly contender: ContenderName;
  readonly ratio: number;
}

/** CPU per object of all programs, this replicator's being 1, as an SVG. */
export function replicationChart(rows: readonly Row[]): string {
  const bars = barsOf(rows);
  const groups = SHOWN.filter(([workload]) => bars.some((bar) => bar.workload === workload)).map(
    ([workload, label]) => ({ label, bars: bars.filter((bar) => bar.workload === workload) }),
  );
  const height =
    TOP + BOTTOM + groups.reduce((sum, group) => sum + group.bars.length * BAR_HEIGHT + GROUP_GAP, 0);
  const chart = init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height });
  try {
    chart.setOption(pictureOption(groups));
    return `${chart.renderToSVGString({ useViewBox: true })}\n`;
  } finally {
    chart.dispose();
  }
}

function barsOf(rows: readonly Row[]): readonly Bar[] {
  return rows
    .filter(({ contender }) => contender in COLOURS)
    .flatMap(({ workload, contender, cpuRatio }) => {
      const ratio = contender === OURS ? 1 : cpuRatio;
      return ratio === undefined ? [] : [{ workload, contender, ratio }];
    });
}

/** One grid for each workload, so that groups of different size stand as close as they should. */
function pictureOption(groups: readonly { label: string; bars: readonly Bar[] }[]): EChartsOption {
  const most = Math.max(1, ...groups.flatMap(({ bars }) => bars.map(({ ratio }) => ratio)));
  let top = TOP;
  const grids = groups.map(({ bars }) => {
    const grid = {
      left: 330,
      right: 60,
      top,
      height: bars.length * BAR_HEIGHT,
      outerBoundsMode: "none" as const,
    };
    top += grid.height + GROUP_GAP;
    return grid;
  });
  return {
    animation: false,
    backgroundColor: "#ffffff",
    title: [
      {
        text: "Processor time to replicate, as multiples of this replicator's",
        left: 16,
        top: 14,
        textStyle: { fontSize: 16, color: INK },
      },
      ...groups.map(({ label }, index) => ({
        text: label,
        left: 16,
        top: (grids[index]?.top ?? 0) - 4,
        textStyle: { fontSize: 12, lineHeight: 16, color: INK },
      })),
    ],
    grid: grids,
    xAxis: groups.map((_group, gridIndex) => ({
      type: "value",
      gridIndex,
      min: 0,
      max: Math.ceil(most),
      show: false,
    })),
    yAxis: groups.map(({ bars }, gridIndex) => ({
      type: "category",
      gridIndex,
      inverse: true,
      data: bars.map(({ contender }) => CONTENDERS[contender].title),
      axisLabel: { color: INK, fontSize: 11 },
      axisTick: { show: false },
      axisLine: { lineStyle: { color: "#8c959f" } },
    })),
    series: groups.map(({ bars }, index) => ({
      type: "bar",
      xAxisIndex: index,
      yAxisIndex: index,
      barWidth: BAR_HEIGHT - 4,
      data: bars.map(({ contender, ratio }) => ({ value: ratio, itemStyle: { color: COLOURS[contender] } })),
      label: {
        show: true,
        position: "right",
        color: INK,
        fontSize: 11,
        formatter: ({ value }) => `${Number(value).toFixed(1)}×`,
      },
    })),
  };
}

import { STORE_NAMES } from "../../contract/stores";
import { blackoutBetween } from "../../drill/staging/blackout";
import type { StagingConfig } from "../../drill/staging/staging-config";
import { isKnown } from "../../operate/known";
import type { Observation } from "../../operate/observation";
import { assess } from "../../operate/observe/assess";
import type { RefusalReason } from "../refused-error";

/** All that a drill against a deployment is let begin by. */
export interface StagingSituation {
  readonly config: StagingConfig;
  /** As the facts have it. */
  readonly hostname: string;
  readonly observation: Observation;
  /** More than so many seconds behind is too much. */
  readonly lagObjectiveSeconds: number;
  readonly now: Date;
  /** Seconds that the drill takes, waits included, if all goes well but slowly. */
  readonly lastsSeconds: number;
  /** A flip was begun here and has not ended. */
  readonly isFlipUnfinished: boolean;
}

/** Everything that stands against a drill, each with what clears it; empty when nothing does. */
export function stagingRefusals(situation: StagingSituation): readonly RefusalReason[] {
  return [
    ...hostnameRefusal(situation),
    ...blackoutRefusal(situation),
    ...unknownRefusals(situation),
    ...wantingRefusals(situation),
    ...flipRefusals(situation),
  ];
}

function hostnameRefusal({ config, hostname }: StagingSituation): readonly RefusalReason[] {
  if (config.allowedHostnames.includes(hostname)) return [];
  return [
    {
      reason: `${hostname} is not among allowedHostnames (${config.allowedHostnames.join(", ")})`,
      remedy: "if it may be drilled, add it to the file",
    },
  ];
}

function blackoutRefusal({ config, now, lastsSeconds }: StagingSituation): readonly RefusalReason[] {
  const end = new Date(now.getTime() + lastsSeconds * 1000);
  const window = blackoutBetween(config.blackout, now, end);
  if (window === undefined) return [];
  const minutes = Math.ceil(lastsSeconds / 60);
  return [
    {
      reason: `the drill, of up to ${minutes} min, would run into a window in which nobody may drill: ${window}`,
      remedy: "come back when it is over, or break less",
    },
  ];
}

/** What a drill has to see all the while must be visible now. */
function unknownRefusals({ observation }: StagingSituation): readonly RefusalReason[] {
  const { edge, marker, standby } = observation;
  const remedy = "storage-failover doctor says what is missing";
  return [
    ...(isKnown(marker) ? [] : [{ reason: `the marker cannot be read: ${marker.unknown}`, remedy }]),
    ...(isKnown(edge)
      ? STORE_NAMES.flatMap((store) => {
          const { health } = edge.value.pools[store];
          return isKnown(health)
            ? []
            : [{ reason: `health of ${store} is not known: ${health.unknown}`, remedy }];
        })
      : [{ reason: `Cloudflare does not say how the edge is: ${edge.unknown}`, remedy }]),
    ...(isKnown(standby)
      ? []
      : [{ reason: `how far the standby is behind is not known: ${standby.unknown}`, remedy }]),
  ];
}

/** Whatever `status` would not call well. A marker that cannot be read was told already. */
function wantingRefusals({ observation, lagObjectiveSeconds }: StagingSituation): readonly RefusalReason[] {
  const { verdict, concerns } = assess(observation, lagObjectiveSeconds);
  if (verdict === "well") return [];
  return concerns
    .filter(({ severity, id }) => severity === "problem" && id !== "marker")
    .map(({ text, remedy }) => ({ reason: text, remedy }));
}

function flipRefusals({ observation, isFlipUnfinished }: StagingSituation): readonly RefusalReason[] {
  const { marker } = observation;
  const isPaused = isKnown(marker) && marker.value.writesPaused;
  return [
    ...(isPaused
      ? [
          {
            reason: "the marker says writes=paused",
            remedy: "wait for the planned flip; if nobody is at it: storage-failover flip --resume-writes",
          },
        ]
      : []),
    ...(isFlipUnfinished
      ? [{ reason: "a flip was begun here and is not finished", remedy: "finish it: storage-failover flip" }]
      : []),
  ];
}

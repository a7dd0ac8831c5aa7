import { EDGE_MUTATIONS } from "./edge-mutations";
import { EVIDENCE_MUTATIONS } from "./evidence-mutations";
import { FLIP_MUTATIONS } from "./flip-mutations";
import type { Mutation } from "./mutation";
import { OPERATION_MUTATIONS } from "./operation-mutations";
import { REPLICATION_MUTATIONS } from "./replication-mutations";
import { STAGING_MUTATIONS } from "./staging-mutations";
import { STORE_MUTATIONS } from "./store-mutations";

export interface MutationRoom {
  readonly title: string;
  readonly mutations: readonly Mutation[];
}

/** Every guard that has a mutation, by the room that it stands in. */
export const MUTATION_ROOMS: readonly MutationRoom[] = [
  { title: "Replication", mutations: REPLICATION_MUTATIONS },
  { title: "Stores and writers", mutations: STORE_MUTATIONS },
  { title: "Edge", mutations: EDGE_MUTATIONS },
  { title: "Flip", mutations: FLIP_MUTATIONS },
  { title: "Evidence", mutations: EVIDENCE_MUTATIONS },
  { title: "Runbook and dependencies", mutations: OPERATION_MUTATIONS },
  { title: "Drills of a deployment", mutations: STAGING_MUTATIONS },
];

export const ALL_MUTATIONS: readonly Mutation[] = MUTATION_ROOMS.flatMap(({ mutations }) => mutations);

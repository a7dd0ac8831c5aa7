import { expect } from "@jest/globals";

/** A resource's arguments, as Terraform reads them. */
export type SynthesizedResource = Readonly<Record<string, unknown>>;

/** The resources of a synthesized stack, by type and then by name. */
export type SynthesizedResources = Readonly<Record<string, Readonly<Record<string, SynthesizedResource>>>>;

/** Reads `cdk.tf.json`. `only` gives the one resource of a type; it fails the test when there are none or several. */
export function synthesizedResources(text: string) {
  const resources: SynthesizedResources = JSON.parse(text).resource;
  const only = (type: string): SynthesizedResource => {
    const found = Object.values(resources[type] ?? {});
    expect([type, found.length]).toEqual([type, 1]);
    return found[0] ?? {};
  };
  return { resources, only };
}

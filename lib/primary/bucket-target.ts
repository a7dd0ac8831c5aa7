import type { TerraformProvider } from "cdktf";

/**
 * What every resource about a bucket is told. The region is said on each, so that a provider for another region
 * cannot split the store in two.
 */
export interface BucketTarget {
  readonly bucket: string;
  readonly region: string;
  readonly provider?: TerraformProvider;
}

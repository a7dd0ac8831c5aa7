import {
  CloudfrontDistribution,
  type CloudfrontDistributionDefaultCacheBehavior,
} from "@cdktf/provider-aws/lib/cloudfront-distribution";
import { CloudfrontFunction } from "@cdktf/provider-aws/lib/cloudfront-function";
import { CloudfrontKeyValueStore } from "@cdktf/provider-aws/lib/cloudfront-key-value-store";
import { CloudfrontOriginAccessControl } from "@cdktf/provider-aws/lib/cloudfront-origin-access-control";
import { CloudfrontkeyvaluestoreKey } from "@cdktf/provider-aws/lib/cloudfrontkeyvaluestore-key";
import type { TerraformProvider } from "cdktf";
import { Construct } from "constructs";
import { boundedName } from "../private/bounded-name";
import { ORIGIN_SECRET_FUNCTION, SECRET_NAMES } from "./origin-secret-function";

/** AWS's managed policy `CachingDisabled`: it forwards neither query string nor cookies. */
const CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";

/** AWS's managed policy `CORS-S3Origin`: it forwards the headers by which S3 answers to other sites' pages. */
const CORS_S3_ORIGIN = "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf";

/** Answers that CloudFront would keep for ten seconds whatever the cache policy says: an object that has just been written would stay missing. */
const ERRORS_KEPT_UNASKED = [400, 403, 404, 405, 414, 500, 501, 502, 503, 504];

const ORIGIN_ID = "bucket";

const NAME_CHARACTERS = 64;

export interface CloudfrontReadAccessProps {
  readonly bucketName: string;
  /** The bucket's own host name. */
  readonly bucketHost: string;
  readonly alias: string;
  readonly certificateArn: string;
  readonly originSecret: string;
  readonly previousOriginSecret?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly provider?: TerraformProvider;
}

/**
 * A CloudFront distribution that reads the bucket by signed requests, for Cloudflare alone: who does not send the secret
 * gets 403. It keeps nothing, since Cloudflare does and a purge at a flip must not need AWS.
 *
 * The alias needs a CNAME record, DNS-only, that points to `distribution.domainName`.
 */
export class CloudfrontReadAccess extends Construct {
  public readonly distribution: CloudfrontDistribution;
  /** Signs each request to the bucket. */
  public readonly originAccessControl: CloudfrontOriginAccessControl;
  /** Refuses requests without the secret. */
  public readonly secretCheck: CloudfrontFunction;
  /** Holds the accepted secrets. */
  public readonly secretStore: CloudfrontKeyValueStore;

  constructor(scope: Construct, id: string, props: CloudfrontReadAccessProps) {
    super(scope, id);
    const { provider } = props;
    const name = boundedName(`storage-failover-${props.bucketName}`, NAME_CHARACTERS);

    this.originAccessControl = new CloudfrontOriginAccessControl(this, "origin-access-control", {
      name,
      originAccessControlOriginType: "s3",
      signingBehavior: "always",
      signingProtocol: "sigv4",
      provider,
    });
    this.secretStore = new CloudfrontKeyValueStore(this, "secrets", { name, provider });
    this.createSecret(SECRET_NAMES.current, props.originSecret, provider);
    this.createSecret(SECRET_NAMES.previous, props.previousOriginSecret, provider);
    this.secretCheck = new CloudfrontFunction(this, "secret-check", {
      name,
      runtime: "cloudfront-js-2.0",
      publish: true,
      code: ORIGIN_SECRET_FUNCTION,
      keyValueStoreAssociations: [this.secretStore.arn],
      provider,
    });
    this.distribution = this.createDistribution(props);
  }

  private createSecret(name: string, value: string | undefined, provider?: TerraformProvider): void {
    if (value === undefined) {
      return;
    }
    new CloudfrontkeyvaluestoreKey(this, `${name}-secret`, {
      keyValueStoreArn: this.secretStore.arn,
      key: name,
      value,
      provider,
    });
  }

  private createDistribution(props: CloudfrontReadAccessProps): CloudfrontDistribution {
    return new CloudfrontDistribution(this, "distribution", {
      comment: `reads of ${props.bucketName}, for Cloudflare only`,
      enabled: true,
      aliases: [props.alias],
      httpVersion: "http2and3",
      isIpv6Enabled: true,
      origin: [
        {
          originId: ORIGIN_ID,
          domainName: props.bucketHost,
          originAccessControlId: this.originAccessControl.id,
        },
      ],
      defaultCacheBehavior: this.cacheBehavior(),
      customErrorResponse: ERRORS_KEPT_UNASKED.map((errorCode) => ({ errorCode, errorCachingMinTtl: 0 })),
      restrictions: { geoRestriction: { restrictionType: "none" } },
      viewerCertificate: {
        acmCertificateArn: props.certificateArn,
        minimumProtocolVersion: "TLSv1.2_2021",
        sslSupportMethod: "sni-only",
      },
      tags: props.tags,
      provider: props.provider,
    });
  }

  private cacheBehavior(): CloudfrontDistributionDefaultCacheBehavior {
    return {
      targetOriginId: ORIGIN_ID,
      viewerProtocolPolicy: "https-only",
      allowedMethods: ["GET", "HEAD", "OPTIONS"],
      cachedMethods: ["GET", "HEAD"],
      cachePolicyId: CACHING_DISABLED,
      originRequestPolicyId: CORS_S3_ORIGIN,
      // Bytes and ETag stay as they are stored, the same as at the other store.
      compress: false,
      functionAssociation: [{ eventType: "viewer-request", functionArn: this.secretCheck.arn }],
    };
  }
}

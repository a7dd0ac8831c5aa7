import { Token } from "cdktf";
import { ConfigurationError } from "../configuration-error";

/**
 * MinIO's last published image, by its digest; the tag is for people, and ignored where there is a digest. The project
 * is archived and this release carries CVE-2025-62506 (a service account can give itself more rights), which matters
 * only to those who hold a key pair. Any server with MinIO's command line and `mc` in the image may stand in for it.
 */
export const DEFAULT_SERVER_IMAGE =
  "quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z@sha256:14cea493d9a34af32f524e538b8346cf79f3321eff8e708c1e2960462bd8936e";

const REFERENCE =
  /^(?<name>[a-z0-9.-]+(:\d+)?(\/[a-z0-9._-]+)+)(:(?<tag>\w[\w.-]{0,127}))?(@(?<digest>sha256:[0-9a-f]{64}))?$/;

const DOCKER_HUB_HOSTS: ReadonlySet<string> = new Set([
  "docker.io",
  "index.docker.io",
  "registry-1.docker.io",
]);

/** Why an image cannot be the server, in lower case, or undefined when it can. */
export function serverImageProblem(image: string): string | undefined {
  const { name, tag, digest } = REFERENCE.exec(image)?.groups ?? {};
  if (name === undefined) {
    return "this is not an image reference";
  }
  const [host = "", owner] = name.split("/");
  if (host === "minio" || (DOCKER_HUB_HOSTS.has(host) && owner === "minio")) {
    return "MinIO's images have been deleted from Docker Hub";
  }
  if (!host.includes(".") && !host.includes(":") && host !== "localhost") {
    return "the name does not say which registry it is from";
  }
  if (tag === "latest") {
    return 'the tag "latest" is another image tomorrow';
  }
  if (tag === undefined && digest === undefined) {
    return "the image has neither tag nor digest and is another one tomorrow";
  }
  return undefined;
}

/**
 * @throws ConfigurationError SERVER_IMAGE_REFUSED, with the reason
 */
export function checkServerImage(image: string, path: string): void {
  const problem = Token.isUnresolved(image) ? undefined : serverImageProblem(image);
  if (problem !== undefined) {
    throw new ConfigurationError({
      code: "SERVER_IMAGE_REFUSED",
      path,
      what: problem,
      value: image,
      allowed:
        "registry/repository with a release tag or a sha256 digest; not MinIO's on Docker Hub, not latest",
      fix: `use "${DEFAULT_SERVER_IMAGE}", or a maintained fork pinned by digest`,
    });
  }
}

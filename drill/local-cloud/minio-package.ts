import type { CachedBuild } from "./build-cache";
import { isBuilt } from "./build-cache";
import { isOnPath } from "./container-engine";
import { goBuild } from "./go-build";
import type { RouteFacts } from "./server-routes";
import type { StartContext } from "./start-options";

/** The last commit of the archived repository: newer than its last image, with fixes that no image has. */
export const MINIO_PACKAGE_VERSION = "v0.0.0-20260212201848-7aac2a2c5b7c";

/** MinIO built from source by the Go toolchain. */
export function minioBuild(context: StartContext): CachedBuild {
  return goBuild(
    {
      name: "MinIO",
      source: "github.com/minio/minio",
      version: MINIO_PACKAGE_VERSION.slice(1),
      usuallyTakes: "2 to 4 minutes",
    },
    context,
  );
}

export function minioPackageRoute(context: StartContext): RouteFacts["packageRoute"] {
  if (isBuilt(minioBuild(context))) {
    return { ready: "built" };
  }
  return isOnPath("go", context.environment.PATH ?? "")
    ? { ready: "buildable" }
    : { refused: "not built yet, and no Go toolchain (go) is on the PATH" };
}

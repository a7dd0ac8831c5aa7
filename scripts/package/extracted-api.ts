import { readFileSync } from "node:fs";
import path from "node:path";
import { Extractor, ExtractorConfig, type ExtractorMessage } from "@microsoft/api-extractor";
import { type ApiItem, ApiModel } from "@microsoft/api-extractor-model";
import { faultOf, forgottenNames, isExported, undocumentedNames } from "./api-faults";

export interface Extraction {
  /** The repository, with `api-extractor.json`. */
  readonly root: string;
  /** For what API Extractor writes; holds the declarations too. */
  readonly folder: string;
  /** Of the report, without its ending. */
  readonly name: string;
  /** The entry point's declarations, relative to `folder`. */
  readonly types: string;
}

/** One entry point of the package, as its users can see it. */
export interface ExtractedApi {
  /** What it exports, and beside that what is only named by it. */
  readonly members: readonly ApiItem[];
  /** The API report, for reviews. */
  readonly report: string;
  /** Whether users can make something of a name, and not only name it as a type. */
  readonly isConstructable: (name: string) => boolean;
  /** What users would miss: a docstring, a type that cannot be named. A line each. */
  readonly faults: readonly string[];
}

/** @throws Error when the declarations cannot be read */
export function extractApi(extraction: Extraction): ExtractedApi {
  const { folder, name } = extraction;
  const model = path.join(folder, `${name}.api.json`);
  const faults: string[] = [];
  Extractor.invoke(configOf(extraction, model), {
    localBuild: true,
    messageCallback: (message: ExtractorMessage) => {
      const fault = faultOf(message, folder);
      if (fault !== undefined) faults.push(fault);
      // Off the console.
      message.handled = true;
    },
  });
  const members = new ApiModel().loadPackage(model).entryPoints.flatMap((entryPoint) => entryPoint.members);
  const values = namesExportedAsValues(readFileSync(path.join(folder, extraction.types), "utf8"));
  const isConstructable = (name: string) => values.has(name);
  return {
    members,
    isConstructable,
    report: readFileSync(path.join(folder, `${name}.api.md`), "utf8"),
    faults: [
      ...faults,
      ...forgottenNames(members, isConstructable),
      ...undocumentedNames(members.filter(isExported)),
    ],
  };
}

/** Names that users can make something of, and not only name as types. */
function namesExportedAsValues(declarations: string): ReadonlySet<string> {
  const lists = [...declarations.matchAll(/^export \{([^}]*)\}/gm)];
  const names = lists.flatMap(([, list = ""]) => list.split(",").map((name) => name.trim()));
  return new Set(names.filter((name) => name !== "" && !name.startsWith("type ")));
}

function configOf({ root, folder, name, types }: Extraction, model: string): ExtractorConfig {
  const file = path.join(root, "api-extractor.json");
  const entryPoint = path.join(folder, types);
  const common = ExtractorConfig.loadFile(file);
  return ExtractorConfig.prepare({
    configObjectFullPath: file,
    packageJsonFullPath: path.join(root, "package.json"),
    configObject: {
      ...common,
      projectFolder: root,
      mainEntryPointFilePath: entryPoint,
      compiler: { overrideTsconfig: { ...common.compiler?.overrideTsconfig, files: [entryPoint] } },
      // Written beside the declarations, and compared by us: then a check is a check, and never writes.
      apiReport: {
        ...common.apiReport,
        enabled: true,
        reportFileName: `${name}.api.md`,
        reportFolder: folder,
        reportTempFolder: path.join(folder, "reports"),
      },
      docModel: { ...common.docModel, enabled: true, apiJsonFilePath: model },
    },
  });
}

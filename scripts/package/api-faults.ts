import { relative } from "node:path";
import { ExtractorLogLevel, type ExtractorMessage } from "@microsoft/api-extractor";
import { ApiDocumentedItem, ApiInterface, type ApiItem } from "@microsoft/api-extractor-model";

/**
 * What API Extractor found, as a line; nothing where it only tells of its progress.
 *
 * @param folder - holds the declarations; left out of the line
 */
export function faultOf(message: ExtractorMessage, folder: string): string | undefined {
  const { logLevel, messageId, sourceFilePath, sourceFileLine, text } = message;
  if (logLevel !== ExtractorLogLevel.Error && logLevel !== ExtractorLogLevel.Warning) return undefined;
  const place =
    sourceFilePath === undefined ? "" : `${relative(folder, sourceFilePath)}:${sourceFileLine ?? 0}: `;
  return `${place}${text} (${messageId})`;
}

/**
 * Names that say nothing about themselves: exports, and what interfaces ask for. The fields of classes may go without,
 * since most are resources whose type and name say all there is.
 */
export function undocumentedNames(exported: readonly ApiItem[]): readonly string[] {
  return exported.flatMap((item) => [
    ...(isDocumented(item) ? [] : [`${item.displayName} has no docstring`]),
    ...(item instanceof ApiInterface
      ? item.members
          .filter((member) => !isDocumented(member))
          .map((member) => `${item.displayName}.${member.displayName} has no docstring`)
      : []),
  ]);
}

function isDocumented(item: ApiItem): boolean {
  return item instanceof ApiDocumentedItem && item.tsdocComment !== undefined;
}

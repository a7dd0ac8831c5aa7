import { Token } from "cdktf";
import { ConfigurationError } from "../configuration-error";

export interface WholeNumberRange {
  readonly least: number;
  readonly most: number;
  /** What is counted, as in `seconds`. */
  readonly unit: string;
}

/**
 * @throws ConfigurationError NUMBER_OUT_OF_RANGE unless `value` is a whole number within the range
 */
export function checkWholeNumber(value: number, range: WholeNumberRange, path: string): number {
  if (Token.isUnresolved(value) || (Number.isInteger(value) && value >= range.least && value <= range.most)) {
    return value;
  }
  throw new ConfigurationError({
    code: "NUMBER_OUT_OF_RANGE",
    path,
    what: "the number is outside of what the service accepts",
    value,
    allowed: `whole ${range.unit} from ${range.least} to ${range.most}`,
    fix: `choose a number from ${range.least} to ${range.most}`,
  });
}

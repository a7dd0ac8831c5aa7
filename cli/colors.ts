import { createColors } from "picocolors";

/**
 * Colours on terminals only; `NO_COLOR` and `FORCE_COLOR` are heeded. picocolors' own choice also colours wherever
 * `CI` is set, and there output is kept in files and compared.
 */
export default createColors(
  !process.env.NO_COLOR && (Boolean(process.env.FORCE_COLOR) || process.stdout.isTTY === true),
);

/** What a command's end means to whoever called it. */
export const EXIT = {
  done: 0,
  /** Checked and found wanting: differences, a refusal, a target missed. */
  wanting: 1,
  wrongUse: 2,
  /** Something needed could not be reached or had. */
  unreachable: 3,
  interrupted: 130,
} as const;

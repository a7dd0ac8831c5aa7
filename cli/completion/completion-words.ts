/** Prints a shell's script. */
export const COMPLETION_COMMAND = "completion";

/** Called by that script at each press of the key; hidden. */
const ANSWERING_COMMAND = "complete";

/** Whether the process was started for completion; only then is the library loaded. */
export function isCompletion([word]: readonly string[]): boolean {
  return word === COMPLETION_COMMAND || word === ANSWERING_COMMAND;
}

export const COMPLETION_SUMMARY = "print the script that completes this program's words in your shell";

export const COMPLETION_DESCRIPTION =
  "Prints the script that completes this program's words in your shell: commands, options, stores, checks, scenarios.";

export const COMPLETION_HELP = `
Once, for the shell that is running:
  bash         source <(storage-failover completion bash)
  zsh          source <(storage-failover completion zsh)
  fish         storage-failover completion fish | source
  powershell   storage-failover completion powershell | Out-String | Invoke-Expression

For good: the same line in ~/.bashrc, ~/.zshrc, ~/.config/fish/config.fish, or $PROFILE. storage-failover has to be on the
PATH; bash needs its package bash-completion, zsh that compinit has run before.`;

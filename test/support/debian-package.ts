/**
 * A Bash command that downloads packages of the distribution into the working folder, without root and without a change to the machine:
 * where it has no list of packages yet, one is fetched into the folder `lists` beside them.
 */
export function downloadCommand(packages: readonly string[]): string {
  const names = packages.join(" ");
  const own = '-o Dir::State::lists="$PWD/lists" -o Dir::Cache="$PWD/cache" -o APT::Sandbox::User=';
  return `{ apt-get download ${names} || {
    mkdir -p lists/partial cache/archives/partial &&
    apt-get ${own} update &&
    apt-get ${own} download ${names}
  }; }`;
}

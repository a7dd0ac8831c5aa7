/**
 * Ends the process as soon as what was printed is on its way. For commands that ask many: a request that was given up may
 * hold its connection, or wait for another attempt, long after the answer was printed.
 */
export async function leaveNow(): Promise<void> {
  await Promise.all([process.stdout, process.stderr].map(flushed));
  process.exit();
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  // A reader that closed the pipe is done, too.
  if (!stream.writable) return Promise.resolve();
  return new Promise((done) => {
    stream.once("error", () => done());
    stream.write("", () => done());
  });
}

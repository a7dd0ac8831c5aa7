import { errorCode } from "./caught-error";

/** Whether this process number of this machine is in use; another user's process counts. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === "EPERM";
  }
}

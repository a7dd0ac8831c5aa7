import { InterruptedError } from "../interruptible";

/** Interrupted between two steps, with something left that works and waits for its end; the message says what. */
export class InterruptedRotationError extends InterruptedError {}

import type { KeepRequest } from "../../drill/local-cloud/keeper-messages";
import { keepProcess } from "../../drill/local-cloud/kept-process";

/** Run as a process that starts the program it is told, and waits to be killed. */
process.once("message", (request: KeepRequest) => void keepProcess(request));

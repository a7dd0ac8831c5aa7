import { startGateway } from "../../drill/gateway/store-gateway";

/** Run as a process that starts a gateway, tells its port, and waits to be killed. */
async function start(): Promise<void> {
  const gateway = await startGateway({ targetPort: 1 });
  await gateway.answer503();
  process.send?.(gateway.port);
}

void start();

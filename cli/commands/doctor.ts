import { Command } from "commander";
import { addSshOptions, type SshArguments } from "../enroll/droplet-arguments";
import { wholeNumber } from "../number-options";
import { addOneStoreOptions, type OneStoreArguments } from "../stores/store-arguments";

export interface DoctorArguments extends OneStoreArguments, SshArguments {
  readonly bucketBytes?: number;
  readonly volumeGib?: number;
}

export function doctorCommand(): Command {
  const command = new Command("doctor")
    .summary("look for what will go wrong, and change nothing")
    .description(
      "Looks for what will go wrong later, and changes nothing: whether the bucket fits on the standby's volume, with 20 % for older versions.",
    )
    .action(async (given: DoctorArguments) => {
      // Imported only now, so that --help and wrong use answer at once.
      const { runDoctor } = await import("../doctor/run-doctor.js");
      await runDoctor(given);
    });
  const store = "the store whose bucket has to fit (default: primary)";
  return addOneStoreOptions(command, store, addOwnOptions).addHelpText("after", EXAMPLES);
}

function addOwnOptions(command: Command): Command {
  return addSshOptions(
    command
      .option(
        "--bucket-bytes <bytes>",
        "size of the bucket, as AWS's console or an inventory tells it (default: all of it is listed)",
        wholeNumber(0, Number.MAX_SAFE_INTEGER),
      )
      .option(
        "--volume-gib <number>",
        "size of the volume (default: as planned, or as the droplet measures it if --host-key is given)",
        wholeNumber(1, 16_384),
      ),
  );
}

const EXAMPLES = `
Examples:
  storage-failover doctor
  storage-failover doctor --bucket-bytes 750000000000 --volume-gib 1000
  storage-failover doctor --host-key SHA256:…

A listing takes one request for 1,000 versions. With --host-key the droplet is asked over SSH, as enroll does it.

This command ends with 0 when nothing has to be put right, 1 when something has, 3 when something could not be reached.`;

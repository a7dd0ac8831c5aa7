// Loaded into every Node process of a measured command: each writes down its own peak memory when it ends.
process.on("exit", () => {
  const kibibytes = process.resourceUsage().maxRSS;
  require("node:fs").appendFileSync(process.env.BENCH_PEAK_MEMORY_FILE, `${kibibytes}\n`);
});

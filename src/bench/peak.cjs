// Loaded into a process that is measured: as it ends it writes the most memory it has had, in kB.
const { appendFileSync } = require('node:fs');
process.on('exit', () => appendFileSync(process.env.DRILL_BENCH_PEAK, `${process.resourceUsage().maxRSS}\n`));

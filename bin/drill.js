#!/usr/bin/env node

const [, , command] = process.argv;
if (command === '--version' || command === '-v') {
  // Asked for by scripts and editors again and again: nothing of the house is loaded for it.
  const { readFileSync } = require('node:fs');
  process.stdout.write(`${JSON.parse(readFileSync(`${__dirname}/../package.json`, 'utf8')).version}\n`);
} else {
  const { whole, keep, store } = require('./load.js').load('command');
  const runs = command === 'run';
  // Before anything else can keep an original; commands that run nothing need no routes.
  if (runs) whole.routes().installRoutes({ onlyOurCode: true });
  if (runs || command === 'list') whole.kept().keepIn(store);
  // A run knows by its plans whether it is a long one; what other commands read may be long.
  if (!runs) whole.heap().letHeapGrow();
  whole
    .command()
    .main(process.argv)
    .then((code) => {
      process.exitCode = code;
      // What ended before it began has compiled too little.
      if (runs && code !== 2) keep();
      // Once all is written: what a target left running, a timer or a socket, does not keep the command waiting.
      process.stdout.write('', () => process.exit());
    });
}

#!/usr/bin/env node
const argv = process.argv.slice(2);
// A shell asks while somebody types: by a way of its own, which loads next to nothing.
if (argv[0] === 'complete' && argv[1] === '--') {
  void import('../lib/cli/completion.js')
    .then(({ suggest }) => suggest(argv.slice(2)))
    .then(() => process.exit());
} else void import('../lib/cli/program.js').then(({ startProgram }) => startProgram(argv));

export {};

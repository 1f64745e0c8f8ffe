// Loaded before a command that is to be traced: brings in what it will need, then stands still until somebody lets it
// go on. The thousands of calls that loading takes need not pass the tracer.
await import('../../src/open.ts');
await import('../../src/cli/import-run.ts');
process.kill(process.pid, 'SIGSTOP');

// Turns src/media/peaks-kernel.wat into peaks-kernel.generated.ts: node scripts/build-peaks-kernel.ts
import { readFileSync, writeFileSync } from 'node:fs';
import openWabt from 'wabt';

const folder = new URL('../src/media/', import.meta.url);
const wabt = await openWabt();
const module = wabt.parseWat('peaks-kernel.wat', readFileSync(new URL('peaks-kernel.wat', folder), 'utf8'), {
  simd: true,
});
const { buffer } = module.toBinary({ log: false });
module.destroy();
const base64 = Buffer.from(buffer).toString('base64');
writeFileSync(
  new URL('peaks-kernel.generated.ts', folder),
  `// Made from peaks-kernel.wat by scripts/build-peaks-kernel.ts; do not edit.\nexport const PEAKS_KERNEL_BASE64 =\n  '${base64}';\n`,
);
console.log(`peaks-kernel.generated.ts: ${buffer.length} bytes of WebAssembly`);

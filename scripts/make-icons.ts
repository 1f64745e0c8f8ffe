/**
 * Draws the icons of the web app from one list of shapes: `node scripts/make-icons.ts`. The result is committed; run
 * it again after changing a shape here.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32, deflateSync } from 'node:zlib';

/** A rounded rectangle on a field of 64 by 64; a circle is one whose radius is half its width. */
interface Shape {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly radius: number;
  readonly colour: string;
}

const FIELD = 64;
const DECK = '#0b2932';
const SAFE = '#74dcb4';
const LAMP = '#ff6a5c';
/** Samples per pixel and axis, for smooth edges. */
const SAMPLES = 4;

const bar = (x: number, y: number, height: number): Shape => ({
  ...{ x, y, width: 5, height, radius: 2.5, colour: SAFE },
});
const MARK: readonly Shape[] = [
  bar(11, 27, 14),
  bar(20, 19, 30),
  bar(29, 24, 20),
  bar(38, 15, 38),
  { x: 46, y: 29, width: 10, height: 10, radius: 5, colour: LAMP },
];
const tile = (radius: number): Shape => ({ x: 0, y: 0, width: FIELD, height: FIELD, radius, colour: DECK });

/** A mask may cut away all outside a circle of 80 %, so the mark is drawn smaller on a full tile. */
const MASKABLE: readonly Shape[] = [tile(0), ...MARK.map((shape) => shrink(shape, 0.68))];
const ROUNDED: readonly Shape[] = [tile(15), ...MARK];
const SQUARE: readonly Shape[] = [tile(0), ...MARK.map((shape) => shrink(shape, 0.86))];

const folder = join(dirname(fileURLToPath(import.meta.url)), '..', 'web', 'public', 'icons');
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'icon.svg'), toSvg(ROUNDED));
writeFileSync(join(folder, 'icon-192.png'), toPng(ROUNDED, 192));
writeFileSync(join(folder, 'icon-512.png'), toPng(ROUNDED, 512));
writeFileSync(join(folder, 'icon-maskable-512.png'), toPng(MASKABLE, 512));
writeFileSync(join(folder, 'icon-180.png'), toPng(SQUARE, 180));
console.log(`Icons drawn in ${folder}`);

function shrink({ x, y, width, height, radius, colour }: Shape, by: number): Shape {
  const move = (value: number) => (value - FIELD / 2) * by + FIELD / 2;
  return { x: move(x), y: move(y), width: width * by, height: height * by, radius: radius * by, colour };
}

function toSvg(shapes: readonly Shape[]): string {
  const rects = shapes.map(
    ({ x, y, width, height, radius, colour }) =>
      `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${radius}" fill="${colour}"/>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${FIELD} ${FIELD}"><title>Voice Recorder Pro</title>${rects.join('')}</svg>\n`;
}

function isInside(shape: Shape, x: number, y: number): boolean {
  const halfWidth = shape.width / 2;
  const halfHeight = shape.height / 2;
  const beyondX = Math.max(0, Math.abs(x - shape.x - halfWidth) - (halfWidth - shape.radius));
  const beyondY = Math.max(0, Math.abs(y - shape.y - halfHeight) - (halfHeight - shape.radius));
  return Math.hypot(beyondX, beyondY) <= shape.radius;
}

/** Red, green, blue and opacity (0 to 255) of the topmost shape at a point. */
function colourAt(shapes: readonly Shape[], x: number, y: number): readonly [number, number, number, number] {
  const shape = shapes.findLast((candidate) => isInside(candidate, x, y));
  if (!shape) return [0, 0, 0, 0];
  const value = Number.parseInt(shape.colour.slice(1), 16);
  return [value >> 16, (value >> 8) & 0xff, value & 0xff, 255];
}

/** PNG, 8 bits RGBA without interlacing (ISO/IEC 15948 sections 5.3 and 11.2). */
function toPng(shapes: readonly Shape[], size: number): Buffer {
  const rowBytes = 1 + size * 4;
  const pixels = Buffer.alloc(rowBytes * size);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      writePixel(pixels, row * rowBytes + 1 + column * 4, shapes, column, row, size);
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 6, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(pixels, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function writePixel(
  pixels: Buffer,
  at: number,
  shapes: readonly Shape[],
  column: number,
  row: number,
  size: number,
): void {
  const sums = [0, 0, 0, 0];
  for (let i = 0; i < SAMPLES * SAMPLES; i++) {
    const x = ((column + ((i % SAMPLES) + 0.5) / SAMPLES) * FIELD) / size;
    const y = ((row + (Math.floor(i / SAMPLES) + 0.5) / SAMPLES) * FIELD) / size;
    const [red, green, blue, alpha] = colourAt(shapes, x, y);
    const weight = alpha / 255;
    for (const [channel, value] of [red * weight, green * weight, blue * weight, alpha].entries()) {
      sums[channel] = (sums[channel] ?? 0) + value;
    }
  }
  const alpha = (sums[3] ?? 0) / (SAMPLES * SAMPLES);
  const weight = Math.max(1e-9, (sums[3] ?? 0) / 255);
  for (let channel = 0; channel < 3; channel++)
    pixels[at + channel] = Math.round((sums[channel] ?? 0) / weight);
  pixels[at + 3] = Math.round(alpha);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(body.length + 8);
  frame.writeUInt32BE(data.length, 0);
  body.copy(frame, 4);
  frame.writeUInt32BE(crc32(body), body.length + 4);
  return frame;
}

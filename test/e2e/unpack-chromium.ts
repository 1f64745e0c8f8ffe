import { findChromium } from './chromium.ts';

/** Runs once before all stories: of two that unpack the carried Chromium at the same time, one would start half of it. */
export default async function unpackChromium(): Promise<void> {
  await findChromium();
}

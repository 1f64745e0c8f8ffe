import AxeBuilder from '@axe-core/playwright';
import type { Page } from 'playwright-core';

/** Half-way through a change of colour its contrast is that of neither. What never ends is not waited for. */
const ANIMATIONS_END = `Promise.allSettled(
  document.getAnimations()
    .filter((animation) => Number.isFinite(Number(animation.effect?.getComputedTiming().endTime)))
    .map((animation) => animation.finished),
).then(() => null)`;

/** What axe finds on the page as it is now and calls serious or critical. */
export async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(ANIMATIONS_END);
  // Without frames of other origins there is nothing to be joined in a second, blank page.
  const axe = new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ['violations'] });
  const { violations } = await axe.analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`);
}

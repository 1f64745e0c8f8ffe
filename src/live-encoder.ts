export { openLiveEncoder } from './media/live-encoder.ts';
export type { LivePlan } from './media/live-plan.ts';

/**
 * For stories of what a page shows. Those that kill something or look for losses are told once: a loss that a second
 * try does not show is a loss all the same. `npm test` names what passed at its second try only.
 */
export const SECOND_TRY = { retry: 1 };

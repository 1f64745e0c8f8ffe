import { AlertService } from '../alerts/alert-service.ts';
import { commandTarget, ntfyTarget, webhookTarget } from '../alerts/alert-targets.ts';
import type { Catalogue } from '../catalogue/open-catalogue.ts';
import type { StorageConfig } from '../config/storage-config.ts';
import type { Health } from '../health/health.ts';
import type { EventHub } from '../library/event-hub.ts';
import type { Clock } from '../model/clock.ts';
import type { LogListener } from '../open-options.ts';

export interface AlertParts {
  readonly config: StorageConfig;
  readonly clock: Clock;
  readonly catalogue: Pick<Catalogue, 'alerts'>;
  readonly health: Pick<Health, 'subscribe'>;
  readonly events: EventHub;
  readonly log: LogListener;
}

/** Joins the room `alerts` with the checks it hears, its book, those who watch and those who are sent word. */
export function joinAlerts({ config, clock, catalogue, health, events, log }: AlertParts): AlertService {
  const { rules, webhooks, ntfy, command } = config.alerts;
  const service = new AlertService({
    clock,
    book: catalogue.alerts,
    rules,
    targets: [
      ...webhooks.map(webhookTarget),
      ...ntfy.map(ntfyTarget),
      ...(command === null ? [] : [commandTarget(command)]),
    ],
    onChange: (alert) => {
      const { id, check, level, state, message } = alert;
      if (!alert.isSilenced)
        log(state === 'resolved' ? 'info' : 'warn', `Alert: ${message}`, {
          alertId: id,
          check,
          level,
          state,
        });
      events.publish({ type: 'alert-changed', alert });
    },
    onFault: (error, what) => log('warn', what, { error }),
  });
  health.subscribe((result) => service.hear(result));
  return service;
}

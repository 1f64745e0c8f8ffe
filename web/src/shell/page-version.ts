import type { Capture } from '../capture/capture-port.ts';
import { isAtRest } from '../record/capture-phases.ts';

/** Registers the service worker and lets a newer one take over only while no take is under way in any tab. */
export async function keepPageVersion(capture: Capture, workers: ServiceWorkerContainer): Promise<void> {
  const registration = await workers.register('/service-worker.js');
  const activateWhenAtRest = () => {
    const { phase, isOwnedElsewhere } = capture.snapshot();
    if (registration.waiting && isAtRest(phase) && !isOwnedElsewhere) {
      registration.waiting.postMessage({ type: 'activate' });
    }
  };
  registration.addEventListener('updatefound', () => {
    registration.installing?.addEventListener('statechange', activateWhenAtRest);
  });
  capture.subscribe(activateWhenAtRest);
  activateWhenAtRest();
}

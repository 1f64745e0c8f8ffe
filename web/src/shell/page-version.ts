import type { Capture } from '../capture/capture-port.ts';
import { isAtRest } from '../record/capture-phases.ts';

/** Registers the service worker and lets a newer one take over only while no take is under way in any tab. */
export async function keepPageVersion(capture: Capture, workers: ServiceWorkerContainer): Promise<void> {
  const registration = await workers.register('/service-worker.js');
  const activateWhenAtRest = () => {
    const { phase, isOwnedElsewhere } = capture.snapshot();
    // What another tab records may not be known here yet: the worker looks at the locks of all tabs before it obeys.
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

import { useId } from 'react';
import { messageOf } from '../api/http.ts';
import { STRINGS } from '../strings.ts';
import { MicrophoneIcon } from '../ui/icons.tsx';
import { useToast } from '../ui/toasts.tsx';
import { useCapture, useCaptureSnapshot } from './capture-context.tsx';
import { isTakeRunning } from './capture-phases.ts';

const words = STRINGS.record;

/** Which microphone; names are known only once the browser gave the permission. */
export function DevicePicker() {
  const capture = useCapture();
  const toast = useToast();
  const { devices, deviceId, phase, microphone } = useCaptureSnapshot();
  const isFixed = isTakeRunning(phase) && phase !== 'paused';
  const selectId = useId();
  return (
    <div>
      <label htmlFor={selectId} className="field-label flex items-center gap-1.5">
        <MicrophoneIcon size={16} />
        {words.device}
      </label>
      <select
        id={selectId}
        className="field"
        value={deviceId ?? ''}
        disabled={isFixed || microphone !== 'open'}
        onChange={(event) => {
          void capture
            .openInput(event.target.value || undefined)
            .catch((error: unknown) => toast({ kind: 'error', message: messageOf(error) }));
        }}
      >
        {deviceId === null || devices.length === 0 ? <option value="">{words.deviceDefault}</option> : null}
        {devices.map((device, index) => (
          <option key={device.id} value={device.id}>
            {device.label || words.deviceUnnamed(index + 1)}
          </option>
        ))}
      </select>
      {isFixed ? <p className="mt-1.5 text-sm text-ink-soft">{words.deviceLockedDuringTake}</p> : null}
    </div>
  );
}

// SPDX-License-Identifier: MIT
import { useMemo, useState } from 'preact/hooks';
import { ApiError } from '../api/ApiError';
import type { Builder, ForceScheduler } from '../api/types';
import {
  forceParams,
  inputFields,
  isShown,
  keyOf,
  startValues,
  type FormValue,
} from '../state/forceForm';
import { useApp } from '../state/hooks';
import { Dialog } from '../ui/Dialog';
import { ForceFields } from '../ui/ForceFields';

interface Props {
  builder: Builder;
  scheduler: ForceScheduler;
  onClose: () => void;
}

export function ForceDialog({ builder, scheduler, onClose }: Props) {
  const app = useApp();
  const fields = scheduler.all_fields;
  const [values, setValues] = useState(() => startValues(fields));
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [failure, setFailure] = useState<string | null>(null);
  const [isSending, setSending] = useState(false);
  const shownKeys = useMemo(
    () =>
      new Set(
        inputFields(fields)
          .filter((f) => isShown(f, app.isLoggedIn))
          .map(keyOf),
      ),
    [fields, app.isLoggedIn],
  );

  const send = async () => {
    setSending(true);
    try {
      const params = forceParams(fields, values, builder.builderid, app.isLoggedIn);
      await app.api.force(scheduler.name, params);
      app.toast('done', `Build of ${builder.name} requested`);
      onClose();
    } catch (error) {
      const named = error instanceof ApiError ? error.fields : {};
      setErrors(named);
      // Errors about fields the form does not show must not get lost.
      const unseen = Object.entries(named).filter(([key]) => !shownKeys.has(key));
      const texts = unseen.map(([key, text]) => `${key}: ${text}`);
      setFailure([app.explain(error), ...texts].join('; '));
      setSending(false);
    }
  };

  const onSubmit = (event: Event) => {
    event.preventDefault();
    void send();
  };
  const onChange = (key: string, value: FormValue) =>
    setValues((known) => ({ ...known, [key]: value }));
  return (
    <Dialog title={`${scheduler.button_name}: ${builder.name}`} onClose={onClose}>
      <form onSubmit={onSubmit} class="form" noValidate>
        <ForceFields
          fields={fields}
          values={values}
          errors={errors}
          isVisible={(field) => isShown(field, app.isLoggedIn)}
          onChange={onChange}
        />
        {failure !== null && (
          <p class="form-failure" role="alert">
            Not started: {failure}
          </p>
        )}
        <div class="form-actions">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button is-primary" disabled={isSending}>
            Start build
          </button>
        </div>
      </form>
    </Dialog>
  );
}

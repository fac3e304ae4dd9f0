// SPDX-License-Identifier: MIT
import { useId, useState } from 'preact/hooks';
import type { ForceField, ListField, NestedField, ValueField } from '../api/types';

type Value = string | boolean | string[];

interface Props {
  fields: readonly ForceField[];
  values: Record<string, Value>;
  errors: Record<string, string>;
  isVisible: (field: ForceField) => boolean;
  onChange: (key: string, value: Value) => void;
}

/** The inputs of a force dialog; groups become fieldsets. */
export function ForceFields(props: Props) {
  return (
    <>
      {props.fields
        .filter(props.isVisible)
        .map((field, index) =>
          field.type === 'nested' ? (
            <Group key={index} {...props} group={field} />
          ) : (
            <Input key={field.fullName ?? field.name} {...props} field={field} />
          ),
        )}
    </>
  );
}

function Group({ group, ...props }: Props & { group: NestedField }) {
  const columns = { '--columns': String(Math.max(1, group.columns)) };
  const content = <ForceFields {...props} fields={group.fields} />;
  if (group.label === '') {
    return (
      <div class="fields" style={columns}>
        {content}
      </div>
    );
  }
  return (
    <fieldset>
      <legend>{group.label}</legend>
      <div class="fields" style={columns}>
        {content}
      </div>
    </fieldset>
  );
}

type InputProps = Props & { field: ValueField | ListField };

function Input({ field, values, errors, onChange }: InputProps) {
  const id = useId();
  const key = field.fullName ?? field.name;
  const error = errors[key];
  const common = {
    id,
    name: key,
    'aria-invalid': error !== undefined,
    'aria-describedby': error === undefined ? undefined : `${id}-error`,
    required: field.required,
    title: field.tooltip === '' ? undefined : field.tooltip,
  };
  const value = values[key];
  const control = { common, value, set: (next: Value) => onChange(key, next) };
  const label = field.label.replace(/:\s*$/, '') || key;
  const isGroup = field.type === 'list' && field.multiple;
  return (
    <div class={`field ${error === undefined ? '' : 'has-error'}`} data-field={key}>
      {isGroup ? (
        <span id={`${id}-label`} class="label">
          {label}
        </span>
      ) : (
        <label for={id}>
          {label}
          {field.required && <span class="required"> (required)</span>}
        </label>
      )}
      {field.type === 'list' ? (
        <ListInput field={field} {...control} labelId={`${id}-label`} />
      ) : (
        <ValueInput field={field} {...control} />
      )}
      {error !== undefined && (
        <p class="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </div>
  );
}

interface ControlProps {
  common: { id: string; name: string };
  value: Value | undefined;
  set: (value: Value) => void;
}

function ValueInput({ field, common, value, set }: ControlProps & { field: ValueField }) {
  const text = typeof value === 'string' ? value : '';
  const limit = field.maxsize === null ? {} : { maxLength: field.maxsize };
  switch (field.type) {
    case 'bool':
      return (
        <input
          {...common}
          type="checkbox"
          checked={value === true}
          onChange={(event) => set(event.currentTarget.checked)}
        />
      );
    case 'textarea':
      return (
        <textarea
          {...common}
          {...limit}
          rows={field.rows ?? 5}
          value={text}
          onInput={(event) => set(event.currentTarget.value)}
        />
      );
    case 'file':
      return <FileInput field={field} common={common} set={set} />;
    case 'fixed':
      return <output id={common.id}>{text}</output>;
    default:
      return (
        <input
          {...common}
          {...limit}
          type="text"
          inputMode={field.type === 'int' ? 'numeric' : 'text'}
          value={text}
          onInput={(event) => set(event.currentTarget.value)}
        />
      );
  }
}

/** The text of the chosen file is the value. */
function FileInput({ field, common, set }: Omit<ControlProps, 'value'> & { field: ValueField }) {
  const [refusal, setRefusal] = useState('');
  const onChange = async (input: HTMLInputElement) => {
    const file = input.files?.[0];
    const isTooLong = file !== undefined && field.maxsize !== null && file.size > field.maxsize;
    setRefusal(isTooLong ? `${file.name} is larger than ${field.maxsize ?? 0} bytes` : '');
    if (isTooLong) input.value = '';
    set(file === undefined || isTooLong ? '' : await file.text());
  };
  return (
    <>
      <input {...common} type="file" onChange={(event) => void onChange(event.currentTarget)} />
      {refusal !== '' && (
        <p class="field-error" role="alert">
          {refusal}
        </p>
      )}
    </>
  );
}

type ListProps = ControlProps & { field: ListField; labelId: string };

function ListInput(props: ListProps) {
  const { field, common, value, set } = props;
  if (field.multiple) return <ChoiceBoxes {...props} />;
  const text = typeof value === 'string' ? value : '';
  if (field.strict) {
    return (
      <select {...common} value={text} onChange={(event) => set(event.currentTarget.value)}>
        {field.choices.map((choice) => (
          <option key={choice} value={choice}>
            {choice}
          </option>
        ))}
      </select>
    );
  }
  // Any text is allowed, the choices are suggestions.
  return (
    <>
      <input
        {...common}
        type="text"
        list={`${common.id}-choices`}
        value={text}
        onInput={(event) => set(event.currentTarget.value)}
      />
      <datalist id={`${common.id}-choices`}>
        {field.choices.map((choice) => (
          <option key={choice} value={choice} />
        ))}
      </datalist>
    </>
  );
}

function ChoiceBoxes({ field, common, value, set, labelId }: ListProps) {
  const chosen = Array.isArray(value) ? value : [];
  // Values given as default may lie outside the choices of a list that is not strict.
  const all = [...new Set([...field.choices, ...chosen])];
  return (
    <div role="group" aria-labelledby={labelId} class="choices">
      {all.map((choice) => (
        <label key={choice} class="check">
          <input
            type="checkbox"
            name={common.name}
            checked={chosen.includes(choice)}
            onChange={(event) =>
              set(
                event.currentTarget.checked
                  ? [...chosen, choice]
                  : chosen.filter((other) => other !== choice),
              )
            }
          />
          {choice}
        </label>
      ))}
    </div>
  );
}

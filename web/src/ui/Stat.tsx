// SPDX-License-Identifier: MIT
interface Props {
  name: string;
  value: string;
  isWarning?: boolean;
}

export function Stat({ name, value, isWarning = false }: Props) {
  return (
    <li class={`stat ${isWarning ? 'is-warning' : ''}`}>
      <span class="stat-value">{value}</span> <span class="stat-name">{name}</span>
    </li>
  );
}

// SPDX-License-Identifier: MIT
/** Entities as REST v2 and the event stream send them. Times are epoch seconds. */

export interface Builder {
  builderid: number;
  name: string;
  masterids: number[];
  description: string | null;
  description_format: string | null;
  description_html: string | null;
  projectid: number | null;
  tags: string[];
}

/** name -> [value, source] */
export type Properties = Record<string, [unknown, string]>;

export interface Build {
  buildid: number;
  number: number;
  builderid: number;
  buildrequestid: number;
  workerid: number;
  masterid: number;
  started_at: number;
  complete: boolean;
  complete_at: number | null;
  locks_duration_s: number;
  results: number | null;
  state_string: string;
  properties: Properties | null;
}

export interface BuildRequest {
  buildrequestid: number;
  buildsetid: number;
  builderid: number;
  priority: number;
  claimed: boolean;
  claimed_at: number | null;
  complete: boolean;
  results: number | null;
  submitted_at: number;
  complete_at: number | null;
  waited_for: boolean;
}

export interface Worker {
  workerid: number;
  name: string;
  connected_to: { masterid: number }[];
  configured_on: { masterid: number; builderid: number }[];
  paused: boolean;
  pause_reason: string | null;
  graceful: boolean;
}

export interface StepUrl {
  name: string;
  url: string;
}

export interface Step {
  stepid: number;
  number: number;
  name: string;
  buildid: number;
  started_at: number | null;
  locks_acquired_at: number | null;
  complete: boolean;
  complete_at: number | null;
  results: number | null;
  state_string: string;
  urls: StepUrl[];
  hidden: boolean;
}

/** `s` carries a stream letter on each line; `d` is a log whose text was removed. */
export type LogType = 's' | 't' | 'h' | 'd';

export interface Log {
  logid: number;
  name: string;
  slug: string;
  stepid: number;
  complete: boolean;
  num_lines: number;
  type: LogType;
}

export interface LogChunk {
  logid: number;
  firstline: number;
  content: string;
}

interface FieldBase {
  name: string;
  fullName: string | null;
  label: string;
  tablabel: string;
  default: unknown;
  required: boolean;
  multiple: boolean;
  hide: boolean;
  maxsize: number | null;
  tooltip: string;
}

export interface ValueField extends FieldBase {
  type: 'text' | 'int' | 'bool' | 'textarea' | 'username' | 'fixed' | 'file';
  size?: number;
  rows?: number;
  cols?: number;
  need_email?: boolean;
}

export interface ListField extends FieldBase {
  type: 'list';
  choices: string[];
  strict: boolean;
}

export interface NestedField extends FieldBase {
  type: 'nested';
  layout: 'simple' | 'vertical' | 'tabs';
  columns: number;
  fields: ForceField[];
}

export type ForceField = ValueField | ListField | NestedField;

export interface ForceScheduler {
  name: string;
  button_name: string;
  label: string;
  builder_names: string[];
  enabled: boolean;
  all_fields: ForceField[];
}

export interface EntityMap {
  builders: Builder;
  builds: Build;
  buildrequests: BuildRequest;
  workers: Worker;
  steps: Step;
  logs: Log;
}

export interface User {
  anonymous?: boolean;
  username?: string;
  full_name?: string;
  email?: string;
}

/** The part of the master's `www` settings that this UI reads. */
export interface FrontendConfig {
  title?: string;
  titleURL?: string;
  buildbotURL?: string;
  versions?: [string, string][];
  user?: User;
  auth?: { name: string; oauth2?: boolean; autologin?: boolean };
  theme?: Record<string, string>;
}

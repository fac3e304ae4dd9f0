// SPDX-License-Identifier: MIT
// Logging in and out through the page, and what it says to those who may not do something.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Browser, axeViolations } from './support/browser.mjs';
import { ScratchMaster } from './support/master.mjs';

const config = `
c["www"]["auth"] = util.UserPasswordAuth({"ann": "s:ecret", "bob": "pw"})
c["www"]["authz"] = util.Authz(
    allowRules=[util.AnyControlEndpointMatcher(role="admins")],
    roleMatchers=[util.RolesFromUsername(roles=["admins"], usernames=["ann"])],
)
`;

let master;
let browser;

before(async () => {
  master = await ScratchMaster.start({ config });
  browser = await Browser.open();
});

after(async () => {
  await browser?.close();
  await master?.stop();
});

/** A page of its own profile, so that no session is left over from another test. */
async function open(name, hash) {
  const page = await browser.page({ userAgent: `kiln test ${name}` });
  await page.goto(`${master.url}#${hash}`);
  return page;
}

async function logIn(page, user, password) {
  await page.getByRole('banner').getByRole('button', { name: 'Log in' }).click();
  const dialog = page.getByRole('dialog', { name: 'Log in' });
  await dialog.getByLabel('User name').fill(user);
  await dialog.getByLabel('Password').fill(password);
  await dialog.getByRole('button', { name: 'Log in' }).click();
  return dialog;
}

async function force(page) {
  await page.getByRole('link', { name: 'Force build' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Reason').fill('a test');
  await dialog.getByRole('button', { name: 'Start build' }).click();
  return dialog;
}

const logOutButton = (page) => page.getByRole('button', { name: 'Log out' });

/** A refused request is an error line of the browser's own, nothing else may be one. */
function assertOnly(page, status) {
  const others = page.problems.filter((text) => !text.includes(`status of ${status}`));
  assert.deepEqual(others, []);
}

test('an anonymous visitor is told to log in', async () => {
  const page = await open('anonymous', '/builders/slow');

  const dialog = await force(page);

  await dialog
    .getByText("you are not allowed to do this (you need to have role 'admins'): log in first")
    .waitFor();
  const { buildrequests } = await master.get('buildrequests');
  assert.deepEqual(buildrequests, []);
  assertOnly(page, 403);
  await page.close();
});

test('a wrong password is refused in the dialog, without a dialog of the browser', async () => {
  const page = await open('wrong', '/builders');

  const dialog = await logIn(page, 'ann', 'nope');

  await dialog.getByText('Not logged in: the user name or the password is wrong').waitFor();
  assert.equal(await dialog.getByLabel('Password').inputValue(), '');
  assert.deepEqual(await axeViolations(page), []);
  assertOnly(page, 401);
  await page.close();
});

test('a user without the role is told so', async () => {
  const page = await open('bob', '/builders/slow');
  await logIn(page, 'bob', 'pw');
  await logOutButton(page).waitFor();

  const dialog = await force(page);

  const text = dialog.getByText('Not started: you are not allowed to do this');
  assert.doesNotMatch(await text.innerText(), /log in/);
  assertOnly(page, 403);
  await page.close();
});

test('a user with the role forces and stops, stays logged in, and logs out', async () => {
  const page = await open('ann', '/builders/slow');
  await logIn(page, 'ann', 's:ecret');
  await page.locator('.user-name', { hasText: 'ann' }).waitFor();
  assert.equal(new URL(page.url()).hash, '#/builders/slow');

  await force(page);
  await page.locator('.bb-build-row').getByRole('link', { name: '#1' }).click();
  await page.getByRole('button', { name: 'Stop' }).first().click();
  await page.getByRole('dialog').getByRole('button', { name: 'Stop build' }).click();
  await page.locator('.build-head .badge', { hasText: 'cancelled' }).waitFor();
  const { properties } = await master.get('builds/1/properties');
  assert.deepEqual(properties[0].owner, ['ann', 'Force Build Form']);

  await page.reload();
  await logOutButton(page).waitFor();
  if (process.env.KILN_SHOTS)
    await page.screenshot({ path: `${process.env.KILN_SHOTS}/auth-ann.png` });
  await logOutButton(page).click();
  await page.getByRole('banner').getByRole('button', { name: 'Log in' }).waitFor();
  if (process.env.KILN_SHOTS) {
    await page.getByRole('banner').getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('dialog').waitFor();
    await page.screenshot({ path: `${process.env.KILN_SHOTS}/auth-login.png` });
  }
  assert.deepEqual(page.problems, []);
  await page.close();
});

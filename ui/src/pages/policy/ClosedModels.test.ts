import { expect, it } from 'vitest';
import { axeFindings } from '../../../tests/axe';
import { openMain } from '../../../tests/windows';
import './PolicyPage.svelte';

it('a closed model is opened for one connection on a card, shown with its time, and closed again', async () => {
  const screen = await openMain();
  const { host, user } = screen;
  await user.click(screen.getByTestId('nav-policy'));
  await user.click(await screen.findByTestId('layer-connection'));
  await screen.findByTestId('closed-models');

  await user.type(screen.getByTestId('open-model-name'), 'res.partner');
  await user.click(screen.getByTestId('open-model'));
  expect((await screen.findByTestId('failure')).textContent).toContain('is not closed');

  await user.clear(screen.getByTestId('open-model-name'));
  await user.type(screen.getByTestId('open-model-name'), 'res.users');
  await user.click(screen.getByTestId('open-model'));
  expect(host.called('review')).toHaveLength(1);
  host.announce('policy');
  expect((await screen.findByTestId('opened-res.users')).textContent).toContain('60 minutes');
  expect(await axeFindings()).toEqual([]);

  await user.click(screen.getByTestId('close-res.users'));
  await expect.poll(() => screen.queryByTestId('opened-res.users')).toBeNull();
});

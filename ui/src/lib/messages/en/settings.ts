/** The Settings page. */
export const settings = {
  settings: {
    pin: 'PIN for approvals',
    pinIsSet: 'A PIN is set.',
    noPin: 'No PIN is set.',
    pinMeaning:
      'With a PIN, the approval window asks for it before anything is approved that deletes or touches production. ' +
      'A program that presses buttons on your desktop does not know it. It is set, changed and removed in the approval window.',
    setPin: 'Set a PIN…',
    changePin: 'Change the PIN…',
    removePin: 'Remove the PIN…',
    vault: 'Vault',
    vaultMeaning: {
      system: 'Keys and passwords lie in the keyring of this system. Agents never see them.',
      session_only: 'Keys and passwords are kept in memory and forgotten when you quit Gatehouse.',
      closed: 'Until it opens, every call of every agent is refused.',
    },
    about: 'About',
  },
};

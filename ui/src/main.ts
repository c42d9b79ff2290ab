import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import { mount } from 'svelte';
import ApprovalWindow from './approval/ApprovalWindow.svelte';
import { currentHost } from './lib/host';
import MainWindow from './main-window/MainWindow.svelte';

const target = document.getElementById('app');
const isApproval = new URLSearchParams(location.search).get('window') === 'approval';

if (target !== null) {
  void currentHost().then((host) => mount(isApproval ? ApprovalWindow : MainWindow, { target, props: { host } }));
}

import type { TicketId } from '../bindings/TicketId';
import { FakeOverview } from './fake-overview';
import { sampleId } from './sample';

/** Those of the Agents page. */
export class FakeAgents extends FakeOverview {
  async pauseAgent(agent: string, paused: boolean): Promise<void> {
    await this.enter('pauseAgent', agent, paused);
    this.state = {
      ...this.state,
      agents: this.state.agents.map((view) =>
        view.id === agent ? { ...view, status: paused ? 'paused' : 'admitted' } : view,
      ),
    };
  }

  async revokeAgent(agent: string): Promise<void> {
    await this.enter('revokeAgent', agent);
    this.state = { ...this.state, agents: this.state.agents.filter(({ id }) => id !== agent) };
  }

  async revokeGrant(agent: string, connection: string): Promise<void> {
    await this.enter('revokeGrant', agent, connection);
    const agents = this.state.agents.map((known) =>
      known.id === agent ? { ...known, grants: known.grants.filter((grant) => grant !== connection) } : known,
    );
    this.state = { ...this.state, agents };
  }

  async grantConnection(agent: string, connection: string): Promise<TicketId> {
    await this.enter('grantConnection', agent, connection);
    return sampleId('tkt', 73);
  }

  async revokeStanding(ticket: string): Promise<void> {
    await this.enter('revokeStanding', ticket);
    const agents = this.state.agents.map((agent) => ({
      ...agent,
      standing: agent.standing.filter((standing) => standing.ticket !== ticket),
    }));
    this.state = { ...this.state, agents };
  }

  async undoAgent(agent: string): Promise<TicketId> {
    await this.enter('undoAgent', agent);
    return sampleId('tkt', 71);
  }
}

package ui

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"switchyard/model"
	"switchyard/model/plan"
)

// died are the jobs of the alert that is selected or open, and of which cluster.
func (a *App) died() (c model.Cluster, jobs []model.JobKey) {
	v := a.alertHere()
	if v == nil {
		return c, nil
	}
	for _, k := range []model.Cluster{model.Green, model.Blue} {
		if of := plan.OfAlert(v, k); len(of) > 0 {
			return k, of
		}
	}
	return c, nil
}

func noneDied(a *App) string {
	if _, jobs := a.died(); len(jobs) == 0 {
		return "select an alert that tells of jobs, or :rerun CLUSTER runs again all that died"
	}
	return ""
}

// rerun opens the plan that runs them again, and says how many are left out.
func (a *App) rerun() tea.Cmd {
	c, jobs := a.died()
	return a.rerunJobs(c, jobs)
}

func (a *App) rerunJobs(c model.Cluster, jobs []model.JobKey) tea.Cmd {
	r, left, err := plan.RerunOf(a.world(a.snap), c, jobs)
	if err != nil {
		says := model.Clean(err.Error())
		if len(left) > 0 {
			says = fmt.Sprintf("nothing is to be run again: %s", left[0])
		}
		a.say(says)
		return nil
	}
	if len(left) > 0 {
		a.say(fmt.Sprintf("%d left out: %s", len(left), left[0]))
	}
	return a.propose(plan.Ask{Rerun: r})
}

// commandRerun is R for a cluster.
func (a *App) commandRerun(arg string) tea.Cmd {
	c, _, ok := clusterWord(arg)
	if !ok {
		a.say(":rerun wants blue or green")
		return nil
	}
	return a.rerunJobs(c, plan.DiedJobs(a.snap, c))
}

// Asks a server with the client that openapi-generator makes, and prints what it was told.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"client"
)

func given[T any](value T, _ any, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func main() {
	configuration := client.NewConfiguration()
	configuration.Servers = client.ServerConfigurations{{URL: os.Args[1]}}
	api, asking := client.NewAPIClient(configuration), context.Background()
	spots := 3.0
	red := client.NewInstance(150.5, *client.NewInstanceSkin("red"))
	red.Skin.Spots = *client.NewNullableFloat64(&spots)
	green := client.NewInstance(1000, *client.NewInstanceSkin("green"))
	green.Skin.Spots = *client.NewNullableFloat64(nil)
	predict := func(body client.PredictionRequest) (*client.PredictionResponse, error) {
		answer, _, err := api.PredictionsAPI.Predict(asking).PredictionRequest(body).Execute()
		return answer, err
	}
	one, err := predict(client.InstanceAsPredictionRequest(red))
	if err != nil {
		panic(err)
	}
	many, err := predict(client.ArrayOfInstanceAsPredictionRequest(&[]client.Instance{*red, *green}))
	if err != nil {
		panic(err)
	}
	_, err = predict(client.ArrayOfInstanceAsPredictionRequest(&[]client.Instance{}))
	var refused *client.GenericOpenAPIError
	if !errors.As(err, &refused) {
		panic("It was not refused.")
	}
	problem := refused.Model().(client.Problem)
	facts := given(api.ModelsAPI.Model(asking).Execute())
	state := given(api.OperationsAPI.Ready(asking).Execute())
	described := given(api.ModelsAPI.Schema(asking).Execute())
	listed := given(api.ModelsAPI.Models(asking).Execute())
	labels, warnings, names := []client.Label{}, []string{}, []string{}
	for _, prediction := range many.BatchAnswer.Predictions {
		labels = append(labels, prediction.Label)
		for _, warning := range prediction.Warnings {
			warnings = append(warnings, warning.Pointer)
		}
	}
	for _, model := range listed.Models {
		names = append(names, model.Name)
	}
	told, err := json.Marshal(map[string]any{
		"label":         one.Answer.Label,
		"probabilities": one.Answer.Probabilities,
		"labels":        labels,
		"warnings":      warnings,
		"refused":       []any{problem.Status, problem.Errors[0].Code},
		"model":         []any{facts.Name, facts.Task, facts.Training.Rows},
		"ready":         state.Version,
		"schema":        described["title"],
		"models":        names,
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(string(told))
}

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.JSON;
import org.openapitools.client.api.ModelsApi;
import org.openapitools.client.api.OperationsApi;
import org.openapitools.client.api.PredictionsApi;
import org.openapitools.client.model.Answer;
import org.openapitools.client.model.BatchAnswer;
import org.openapitools.client.model.Instance;
import org.openapitools.client.model.InstanceSkin;
import org.openapitools.client.model.ListedModel;
import org.openapitools.client.model.Model;
import org.openapitools.client.model.Problem;

/** Asks a server with the client that openapi-generator makes, and prints what it was told. */
public final class Ask {
  public static void main(String[] arguments) throws Exception {
    // Of a choice the generated code counts what can be read; that is one only where unknown members fail.
    var mapper = JSON.getDefault().getMapper();
    ApiClient client = new ApiClient().setObjectMapper(mapper);
    client.updateBaseUri(arguments[0]);
    var predictions = new PredictionsApi(client);
    var models = new ModelsApi(client);
    Instance red = instance(150.5, InstanceSkin.ColourEnum.RED, 3.0);
    Instance green = instance(1000.0, InstanceSkin.ColourEnum.GREEN, null);
    Answer one = (Answer) predictions.predict(red, null).getActualInstance();
    BatchAnswer many = (BatchAnswer) predictions.predict(List.of(red, green), null).getActualInstance();
    Problem none = null;
    try {
      predictions.predict(List.of(), null);
    } catch (ApiException refused) {
      none = mapper.readValue(refused.getResponseBody(), Problem.class);
    }
    Model facts = models.model();
    Map<String, Object> told = new LinkedHashMap<>();
    told.put("label", one.getLabel().getValue());
    told.put("probabilities", one.getProbabilities());
    told.put("labels", many.getPredictions().stream().map(each -> each.getLabel().getValue()).toList());
    told.put(
        "warnings",
        many.getPredictions().stream()
            .flatMap(each -> each.getWarnings().stream())
            .map(each -> each.getPointer())
            .toList());
    told.put("refused", List.of(none.getStatus(), none.getErrors().get(0).getCode()));
    told.put("model", List.of(facts.getName(), facts.getTask().getValue(), facts.getTraining().getRows()));
    told.put("ready", new OperationsApi(client).ready().getVersion());
    told.put("schema", models.schema().get("title"));
    told.put("models", models.models(null, null).getModels().stream().map(ListedModel::getName).toList());
    System.out.println(mapper.writeValueAsString(told));
  }

  private static Instance instance(double weight, InstanceSkin.ColourEnum colour, Double spots) {
    return new Instance().weight(weight).skin(new InstanceSkin().colour(colour).spots(spots));
  }
}

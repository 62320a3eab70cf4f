using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Understudy.Simulator.Faults;

namespace Understudy.Simulator.Serving;

/// <summary><c>/_sim</c>: faults in, numbers out.</summary>
internal sealed class ControlApi(SimulatedProvider provider)
{
    public async Task HandleAsync(HttpContext http)
    {
        var method = http.Request.Method;
        switch (http.Request.Path.Value)
        {
            case "/_sim/faults" when HttpMethods.IsGet(method):
                await SendFaultsAsync(http).ConfigureAwait(false);
                break;
            case "/_sim/faults" when HttpMethods.IsPut(method):
                await SetAsync(http).ConfigureAwait(false);
                break;
            case "/_sim/faults" when HttpMethods.IsDelete(method):
                provider.Faults.Clear();
                await SendFaultsAsync(http).ConfigureAwait(false);
                break;
            case "/_sim/stats" when HttpMethods.IsGet(method):
                await SendAsync(http, 200, WriteStats).ConfigureAwait(false);
                break;
            default:
                await SendMistakeAsync(http, 404, "there are GET, PUT and DELETE /_sim/faults and GET /_sim/stats").ConfigureAwait(false);
                break;
        }
    }

    private async Task SetAsync(HttpContext http)
    {
        string? mistake;
        try
        {
            using var document = await JsonDocument.ParseAsync(http.Request.Body, default, http.RequestAborted).ConfigureAwait(false);
            mistake = FaultReader.Read(document.RootElement, out var faults);
            if (mistake is null) provider.Faults.Set(faults);
        }
        catch (JsonException notJson)
        {
            mistake = notJson.Message;
        }

        if (mistake is null) await SendFaultsAsync(http).ConfigureAwait(false);
        else await SendMistakeAsync(http, 400, mistake).ConfigureAwait(false);
    }

    private Task SendFaultsAsync(HttpContext http) => SendAsync(http, 200, json =>
    {
        json.WritePropertyName("faults");
        FaultReader.Write(provider.Faults.Current).WriteTo(json);
    });

    private static Task SendMistakeAsync(HttpContext http, int status, string mistake) =>
        SendAsync(http, status, json => json.WriteString("error", mistake));

    private void WriteStats(Utf8JsonWriter json)
    {
        var stats = provider.Stats;
        json.WriteNumber("calls", stats.Calls);
        json.WriteNumber("answered", stats.Answered);
        json.WriteNumber("aborted", stats.Aborted);
        json.WriteStartObject("tokens_billed");
        json.WriteNumber("input", stats.InputTokens);
        json.WriteNumber("output", stats.OutputTokens);
        json.WriteEndObject();
        json.WriteStartObject("calls_by_fault");
        foreach (var (fault, calls) in stats.CallsByFault) json.WriteNumber(fault, calls);
        json.WriteEndObject();
        json.WriteStartObject("calls_by_model");
        foreach (var (model, calls) in stats.CallsByModel) json.WriteNumber(model, calls);
        json.WriteEndObject();
        json.WriteStartObject("calls_by_status");
        foreach (var (status, calls) in stats.CallsByStatus) json.WriteNumber(status.ToString(System.Globalization.CultureInfo.InvariantCulture), calls);
        json.WriteEndObject();
    }

    private static async Task SendAsync(HttpContext http, int status, Action<Utf8JsonWriter> members)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        await http.Response.Body.WriteAsync(JsonBytes.Object(members), http.RequestAborted).ConfigureAwait(false);
    }
}

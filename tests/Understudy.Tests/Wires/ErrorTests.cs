using System.Buffers;
using System.Text;
using Understudy.Calls;
using Understudy.Wires;

namespace Understudy.Tests.Wires;

public class ErrorTests
{
    [Theory]
    [InlineData("""{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"r"}""", "overloaded_error", null, "Overloaded", null)]
    [InlineData("""{"type":"error","error":{"type":"rate_limit_error","message":"Spend","details":{"error_code":"enforced_spend_limit_reached"}}}""", "rate_limit_error", "enforced_spend_limit_reached", "Spend", null)]
    [InlineData("""{"error":{"message":"Please try again in 6m0.5s.","type":"tokens","param":null,"code":"rate_limit_exceeded"}}""", "tokens", "rate_limit_exceeded", "Please try again in 6m0.5s.", 360.5)]
    [InlineData("""{"error":{"message":"Please try again in 20ms. Visit us.","type":"requests","code":null}}""", "requests", null, "Please try again in 20ms. Visit us.", 0.02)]
    [InlineData("""{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}""", "unavailable_error", "503", "Loading model", null)]
    [InlineData("""{"object":"error","message":"Bad","type":"invalid_request_error","param":null,"code":"3280"}""", "invalid_request_error", "3280", "Bad", null)]
    [InlineData("""{"object":"error","message":"too long","type":"BadRequestError","param":null,"code":400}""", "BadRequestError", "400", "too long", null)]
    [InlineData("""{"error":"model 'x' not found"}""", null, null, "model 'x' not found", null)]
    [InlineData("""{"detail":"Not Found"}""", null, null, "Not Found", null)]
    [InlineData("""[{"error":{"code":429,"message":"Quota. Please retry in 34.4s.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"PerMinute"},{"quotaId":"GenerateRequestsPerDayPerProject"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.412s"}]}}]""", "RESOURCE_EXHAUSTED", "GenerateRequestsPerDayPerProject", "Quota. Please retry in 34.4s.", 34.412)]
    [InlineData("""{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID","domain":"googleapis.com"}]}}""", "INVALID_ARGUMENT", "API_KEY_INVALID", "API key not valid.", null)]
    [InlineData("<html><head><title>413</title></head></html>", null, null, "<html><head><title>413</title></head></html>", null)]
    [InlineData("", null, null, null, null)]
    [InlineData("null", null, null, "null", null)]
    [InlineData("""{"error":null}""", null, null, """{"error":null}""", null)]
    public void UpstreamError_IsReadInAnyForm(string body, string? type, string? code, string? message, double? seconds)
    {
        foreach (var protocol in Fixture.Protocols)
        {
            var error = Wire.Of(protocol).ReadError(500, Encoding.UTF8.GetBytes(body));
            Assert.Equal((type, code, message), (error.Type, error.Code, error.Message));
            Assert.Equal(seconds, error.RetryAfter?.TotalSeconds);
        }
    }

    [Theory]
    [InlineData("9999999999999999999999s")]
    [InlineData("s")]
    [InlineData("")]
    [InlineData("1.2.3s")]
    [InlineData("-5s")]
    public void DelayThatIsNone_IsIgnored(string text) => Assert.Null(ErrorBody.ParseDelay(text));

    [Fact]
    public void ErrorsToClients_AreAsTheGoldenSays()
    {
        var text = new StringBuilder();
        foreach (var protocol in Fixture.Protocols)
        {
            foreach (var cause in Enum.GetValues<ClientErrorCause>())
            {
                var output = new ArrayBufferWriter<byte>();
                var status = Wire.Of(protocol).WriteError(new(cause, "Words.", "req_1", TimeSpan.FromSeconds(7)), output);
                text.Append($"{protocol} {cause} {status} {Encoding.UTF8.GetString(output.WrittenSpan)}\n");
            }
        }

        Fixture.AssertGolden("errors", "to-clients.txt", text.ToString());
    }

    [Theory]
    [InlineData("OpenAI/2.15.0 (.NET 9.0.1; Linux)", 529)]
    [InlineData("OpenAI/Python 3.3.1", 503)]
    [InlineData("OpenAI/JS 6.49.0", 503)]
    [InlineData(null, 503)]
    public void AllDown_IsToldSoThatTheClientDoesNotHammer(string? agent, int status) =>
        Assert.Equal(status, Wire.Of(WireProtocol.OpenAIChat).WriteError(new(ClientErrorCause.Overloaded, "x", "r") { UserAgent = agent }, new ArrayBufferWriter<byte>()));
}

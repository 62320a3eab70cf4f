using System.Text;
using Understudy.Calls;
using Understudy.Failures;
using Understudy.Wires;

namespace Understudy.Tests.Failures;

/// <summary>Which 429 is a wait, which is an empty account, and which is the vendor's own trouble.</summary>
public sealed class QuotaClassificationTests
{
    [Theory]
    [InlineData(WireProtocol.AnthropicMessages, """{"type":"error","error":{"type":"rate_limit_error","message":"Too many."}}""", FailureKind.RateLimited)]
    [InlineData(WireProtocol.AnthropicMessages, """{"type":"error","error":{"type":"rate_limit_error","message":"Spend limit.","details":{"error_code":"enforced_spend_limit_reached"}}}""", FailureKind.QuotaExhausted)]
    [InlineData(WireProtocol.OpenAIChat, """{"error":{"message":"Please try again in 1.2s","type":"requests","code":"rate_limit_exceeded"}}""", FailureKind.RateLimited)]
    [InlineData(WireProtocol.OpenAIChat, """{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}""", FailureKind.QuotaExhausted)]
    [InlineData(WireProtocol.OpenAIChat, """{"error":{"message":"Rate limit reached: limit: 0 / min","type":"requests","code":"rate_limit_exceeded"}}""", FailureKind.RateLimited)]
    [InlineData(WireProtocol.Gemini, """{"error":{"code":429,"message":"Slow down.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerMinutePerProjectPerModel"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.4s"}]}}""", FailureKind.RateLimited)]
    [InlineData(WireProtocol.Gemini, """{"error":{"code":429,"message":"Slow down.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerMinute"},{"quotaId":"GenerateRequestsPerDayPerProjectPerModel"}]},{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"RATE_LIMIT_EXCEEDED"}]}}""", FailureKind.QuotaExhausted)]
    [InlineData(WireProtocol.Gemini, """{"error":{"code":429,"message":"Quota exceeded, limit: 0, model: x","status":"RESOURCE_EXHAUSTED"}}""", FailureKind.QuotaExhausted)]
    [InlineData(WireProtocol.Gemini, """{"error":{"code":429,"message":"Quota exceeded, limit: 0.5 a second","status":"RESOURCE_EXHAUSTED"}}""", FailureKind.RateLimited)]
    [InlineData(WireProtocol.Gemini, """{"error":{"code":429,"message":"No capacity.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"MODEL_CAPACITY_EXHAUSTED"}]}}""", FailureKind.Overloaded)]
    public void A429_IsWhatItsBodySays(WireProtocol protocol, string body, FailureKind expected)
    {
        var error = Wire.Of(protocol).ReadError(429, Encoding.UTF8.GetBytes(body));
        Assert.Equal(expected, StatusClassifier.Classify(429, error.Type, error.Code, error.Message, error.RetryAfter, asAsked: true).Kind);
    }

    [Fact]
    public void AnEmptyAccount_ToldInsideA200_IsTheSame()
    {
        Assert.Equal(FailureKind.QuotaExhausted, StatusClassifier.ClassifyInBody("rate_limit_error", "enforced_spend_limit_reached", null, asAsked: true).Kind);
        Assert.Equal(FailureKind.ErrorInStream, StatusClassifier.ClassifyInBody("rate_limit_error", null, null, asAsked: true).Kind);
    }
}

package javax.annotation;

/** The annotation of what is generated, which Java itself had until Java 9. */
public @interface Generated {
  String[] value();

  String comments() default "";
}

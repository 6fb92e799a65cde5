(** The functions that networks apply, with their derivatives, and networks that are differentiable everywhere.

    A function is a number; [standard_functions] says which function each of the first numbers stands for.  Any other
    function, such as an activation that is not in the table, is a variable of a network's theorem.

    Of exp, tanh, the logistic function, softplus, sin, cos, silu and gelu by tanh it is proved that the second column is
    the derivative of the first at every real number; of relu, the roots, the logarithm and the powers of 1/z, that it is
    wherever the argument is not 0, or is positive.  A network that applies functions of the first kind alone and takes no
    maximum satisfies [smooth_network] for all data and parameters.  For any other network [conditions_network] suffices:
    what is left to ask of the numbers at which its functions are evaluated. *)

From Coq Require Import Reals List Arith Lia Bool ZArith QArith Lra.
From Coquelicot Require Import Coquelicot.
From Dyadic Require Import Logarithm Equations Derivatives Polynomials Pairing Network NetworkTensors Emitted.
Import ListNotations.
Open Scope R_scope.

Definition logistic (z : R) : R := / (1 + exp (- z)).
Definition softplus (z : R) : R := logarithm (1 + exp z).
Definition silu (z : R) : R := z * logistic z.
Definition gelu_argument (z : R) : R := sqrt (2 / PI) * (z + 44715 / 1000000 * z ^ 3).
Definition gelu_tanh (z : R) : R := z * (1 + tanh (gelu_argument z)) / 2.
Definition gelu_tanh_slope (z : R) : R :=
  (1 + tanh (gelu_argument z)) / 2
  + z * (1 - tanh (gelu_argument z) * tanh (gelu_argument z)) * sqrt (2 / PI) * (1 + 3 * (44715 / 1000000) * z ^ 2) / 2.

Definition standard_functions (others : functions) : functions := fun f o =>
  match f, o with
  | 0%nat, _ => exp
  | 1%nat, 0%nat => tanh  | 1%nat, 1%nat => fun z => 1 - tanh z * tanh z
  | 2%nat, 0%nat => logistic  | 2%nat, 1%nat => fun z => logistic z * (1 - logistic z)
  | 3%nat, 0%nat => softplus  | 3%nat, 1%nat => logistic
  | 4%nat, 0%nat => sin  | 4%nat, 1%nat => cos
  | 5%nat, 0%nat => cos  | 5%nat, 1%nat => fun z => - sin z
  | 6%nat, 0%nat => Rmax 0  | 6%nat, 1%nat => fun z => if Rlt_dec 0 z then 1 else 0
  | 7%nat, 0%nat => sqrt  | 7%nat, 1%nat => fun z => / (2 * sqrt z)
  | 8%nat, 0%nat => fun z => / sqrt z  | 8%nat, 1%nat => fun z => - / (2 * (z * sqrt z))
  | 9%nat, 0%nat => logarithm  | 9%nat, 1%nat => Rinv
  | 10%nat, _ => fun z => (-1) ^ o * INR (fact o) * / z ^ S o             (* the o-th derivative of 1/z *)
  | 11%nat, 0%nat => silu  | 11%nat, 1%nat => fun z => logistic z * (1 + z * (1 - logistic z))
  | 12%nat, 0%nat => gelu_tanh  | 12%nat, 1%nat => gelu_tanh_slope
  | _, _ => others f o
  end.

(** ** Derivatives *)

Lemma exp_derivative : forall z, is_derive (exp : R -> R_NormedModule) z (exp z).
Proof. intro z. apply is_derive_Reals, derivable_pt_lim_exp. Qed.

Lemma cosh_positive : forall z, 0 < cosh z.
Proof. intro z. unfold cosh. pose proof (exp_pos z). pose proof (exp_pos (- z)). lra. Qed.

Lemma tanh_derivative : forall z, is_derive (tanh : R -> R_NormedModule) z (1 - tanh z * tanh z).
Proof.
  intro z. apply is_derive_Reals. unfold tanh at 1. pose proof (cosh_positive z) as Hc.
  replace (1 - tanh z * tanh z) with ((cosh z * cosh z - sinh z * sinh z) / Rsqr (cosh z)).
  - apply (derivable_pt_lim_div sinh cosh); [apply derivable_pt_lim_sinh | apply derivable_pt_lim_cosh | lra].
  - unfold tanh, Rsqr. field. lra.
Qed.

Lemma exp_shifted : forall z, derivable_pt_lim (fun z => 1 + exp z) z (exp z).
Proof.
  intro z. rewrite <- (Rplus_0_l (exp z)). apply (derivable_pt_lim_plus (fct_cte 1) exp).
  - apply derivable_pt_lim_const.
  - apply derivable_pt_lim_exp.
Qed.

Lemma logistic_derivative : forall z, is_derive (logistic : R -> R_NormedModule) z (logistic z * (1 - logistic z)).
Proof.
  intro z. apply is_derive_Reals. pose proof (exp_pos z) as H. pose proof (exp_pos (- z)) as H'.
  assert (E : forall y, logistic y = exp y / (1 + exp y)).
  { intro y. unfold logistic. rewrite exp_Ropp. pose proof (exp_pos y). field. lra. }
  assert (D : derivable_pt_lim (div_fct exp (fun y => 1 + exp y)) z
                (((exp z) * (1 + exp z) - (exp z) * (exp z)) / Rsqr (1 + exp z))).
  { apply (derivable_pt_lim_div exp (fun y => 1 + exp y)); [apply derivable_pt_lim_exp | apply exp_shifted | lra]. }
  intros eps Heps. destruct (D eps Heps) as [d Hd]. exists d. intros h Hh0 Hh. specialize (Hd h Hh0 Hh). unfold div_fct in Hd.
  rewrite !E. replace (exp z / (1 + exp z) * (1 - exp z / (1 + exp z))) with
    (((exp z) * (1 + exp z) - (exp z) * (exp z)) / Rsqr (1 + exp z)) by (unfold Rsqr; field; lra). exact Hd.
Qed.

Lemma softplus_derivative : forall z, is_derive (softplus : R -> R_NormedModule) z (logistic z).
Proof.
  intro z. unfold softplus, logistic. pose proof (exp_pos z) as H.
  replace (/ (1 + exp (- z))) with (scal (exp z : R_AbsRing) (/ (1 + exp z))).
  - apply (is_derive_comp (logarithm : R -> R_NormedModule) (fun z => 1 + exp z)); [apply logarithm_derivative; lra|].
    apply is_derive_Reals, exp_shifted.
  - change (exp z * / (1 + exp z) = / (1 + exp (- z))). rewrite exp_Ropp. field. lra.
Qed.

Lemma sin_derivative : forall z, is_derive (sin : R -> R_NormedModule) z (cos z).
Proof. intro z. apply is_derive_Reals, derivable_pt_lim_sin. Qed.

Lemma cos_derivative : forall z, is_derive (cos : R -> R_NormedModule) z (- sin z).
Proof. intro z. apply is_derive_Reals, derivable_pt_lim_cos. Qed.

(** The product rule, for numbers. *)
Lemma product_derivative : forall (f g : R -> R) z df dg,
  is_derive (f : R -> R_NormedModule) z df -> is_derive (g : R -> R_NormedModule) z dg ->
  is_derive ((fun z => f z * g z) : R -> R_NormedModule) z (df * g z + f z * dg).
Proof. intros f g z df dg Hf Hg. apply (is_derive_mult f g z df dg Hf Hg). intros a b. apply Rmult_comm. Qed.

Lemma silu_derivative : forall z, is_derive (silu : R -> R_NormedModule) z (logistic z * (1 + z * (1 - logistic z))).
Proof.
  intro z. replace (logistic z * (1 + z * (1 - logistic z))) with (1 * logistic z + z * (logistic z * (1 - logistic z))) by ring.
  apply (product_derivative (fun z => z) logistic); [exact (is_derive_id z) | apply logistic_derivative].
Qed.

(** The derivative of z (1 + f(z)) / 2. *)
Lemma gated_derivative : forall (f : R -> R) z df, is_derive (f : R -> R_NormedModule) z df ->
  is_derive ((fun z => z * (1 + f z) / 2) : R -> R_NormedModule) z ((1 + f z) / 2 + z * df / 2).
Proof.
  intros f z df H. replace ((1 + f z) / 2 + z * df / 2) with (1 * ((1 + f z) / 2) + z * (df / 2)) by field.
  apply (is_derive_ext (fun y => y * ((1 + f y) / 2))); [intro t; change (t * ((1 + f t) / 2) = t * (1 + f t) / 2); field|].
  apply (product_derivative (fun y => y) (fun y => (1 + f y) / 2)); [exact (is_derive_id z)|].
  replace (df / 2) with (scal (/ 2 : R_AbsRing) (0 + df)) by (change (/ 2 * (0 + df) = df / 2); field).
  apply (is_derive_ext (fun y => scal (/ 2 : R_AbsRing) (1 + f y))); [intro t; change (/ 2 * (1 + f t) = (1 + f t) / 2); field|].
  apply (is_derive_scal (fun y => 1 + f y)). apply (is_derive_plus (fun _ => 1) f z 0 df); [exact (is_derive_const 1 z) | exact H].
Qed.

Lemma gelu_tanh_derivative : forall z, is_derive (gelu_tanh : R -> R_NormedModule) z (gelu_tanh_slope z).
Proof.
  intro z. pose proof (tanh_derivative (gelu_argument z)) as Ht.
  assert (Ha : is_derive (gelu_argument : R -> R_NormedModule) z (sqrt (2 / PI) * (1 + 3 * (44715 / 1000000) * z ^ 2))).
  { unfold gelu_argument.                      (* auto_derive would rest on the excluded middle *)
    replace (sqrt (2 / PI) * (1 + 3 * (44715 / 1000000) * z ^ 2)) with
      (sqrt (2 / PI) * (1 + 44715 / 1000000 * (INR 3 * 1 * z ^ 2))) by (cbn [INR]; ring).
    apply (is_derive_scal (fun z => z + 44715 / 1000000 * z ^ 3)).
    apply (is_derive_plus (fun z => z) (fun z => 44715 / 1000000 * z ^ 3)); [exact (is_derive_id z)|].
    apply (is_derive_scal (fun z => z ^ 3)), (is_derive_pow (fun z => z) 3 z 1), (is_derive_id z). }
  pose proof (gated_derivative _ z _ (is_derive_comp (tanh : R -> R_NormedModule) gelu_argument z _ _ Ht Ha)) as H.
  replace (gelu_tanh_slope z) with
    ((1 + tanh (gelu_argument z)) / 2
     + z * scal (sqrt (2 / PI) * (1 + 3 * (44715 / 1000000) * z ^ 2) : R_AbsRing) (1 - tanh (gelu_argument z) * tanh (gelu_argument z)) / 2);
    [exact H|]. unfold gelu_tanh_slope, scal, mult; simpl. unfold mult; simpl. field.
Qed.

(** ** Derivatives where the argument allows it *)

Lemma relu_derivative : forall z, z <> 0 -> is_derive (Rmax 0 : R -> R_NormedModule) z (if Rlt_dec 0 z then 1 else 0).
Proof.
  intros z Hz. destruct (Rlt_dec 0 z) as [H|H].
  - apply (is_derive_ext_loc (fun y : R => y)); [|exact (is_derive_id z)].
    exists (mkposreal z H). intros y Hy. apply Rabs_def2 in Hy. cbn in Hy. unfold minus, plus, opp in Hy. cbn in Hy.
    symmetry. apply Rmax_right. lra.
  - assert (H' : 0 < - z) by lra. apply (is_derive_ext_loc (fun _ : R => 0)); [|exact (is_derive_const 0 z)].
    exists (mkposreal (- z) H'). intros y Hy. apply Rabs_def2 in Hy. cbn in Hy. unfold minus, plus, opp in Hy. cbn in Hy.
    symmetry. apply Rmax_left. lra.
Qed.

Lemma sqrt_derivative : forall z, 0 < z -> is_derive (sqrt : R -> R_NormedModule) z (/ (2 * sqrt z)).
Proof. intros z Hz. apply is_derive_Reals, derivable_pt_lim_sqrt, Hz. Qed.

Lemma rsqrt_derivative : forall z, 0 < z -> is_derive ((fun z => / sqrt z) : R -> R_NormedModule) z (- / (2 * (z * sqrt z))).
Proof.
  intros z Hz. pose proof (sqrt_lt_R0 z Hz) as Hr.
  replace (- / (2 * (z * sqrt z))) with (- / (2 * sqrt z) / sqrt z ^ 2).
  - apply (is_derive_inv sqrt); [now apply sqrt_derivative | lra].
  - rewrite <- (sqrt_sqrt z) at 3 by lra. field. lra.
Qed.

Lemma reciprocal_derivative : forall o z, z <> 0 ->
  is_derive ((fun z => (-1) ^ o * INR (fact o) * / z ^ S o) : R -> R_NormedModule) z ((-1) ^ S o * INR (fact (S o)) * / z ^ S (S o)).
Proof.
  intros o z Hz. set (c := (-1) ^ o * INR (fact o)).
  assert (E : (-1) ^ S o * INR (fact (S o)) * / z ^ S (S o) = c * (- (INR (S o) * 1 * z ^ o) / (z ^ S o) ^ 2)).
  { unfold c. rewrite fact_simpl, mult_INR. cbn [pow]. field. repeat split; try apply pow_nonzero; exact Hz. }
  rewrite E. apply (is_derive_scal (fun z => / z ^ S o) z c). apply (is_derive_inv (fun z => z ^ S o)); [|now apply pow_nonzero].
  apply (is_derive_pow (fun z => z) (S o) z 1), (is_derive_id z).
Qed.

(** ** Networks of functions that are differentiable everywhere *)

(** The applications in an expression; (6, 0), which is not differentiable at 0, stands for a maximum, and for what is over
    a part of its range. *)
Fixpoint applications (a : expr) : list (nat * nat) :=
  match a with
  | Number _ | Entry _ _ | Bracket _ => []
  | Add a b | Mul a b => applications a ++ applications b
  | Apply f o a => (f, o) :: applications a
  | Sum _ _ a => applications a
  | LogSumExp _ n gs a => (match gs with [] => if (0 <? n)%nat then [] else [(6, 0)%nat] | _ => [(6, 0)%nat] end) ++ applications a
  | Maximum _ _ _ _ | ArgMax _ _ _ _ | IndexIs _ _ => [(6, 0)%nat]
  end.
Definition differentiable_everywhere (c : nat * nat) : bool :=
  ((fst c <? 6)%nat || (fst c =? 11)%nat || (fst c =? 12)%nat) && (snd c =? 0)%nat.
Definition smooth_equations (chain : list equation) : bool :=
  forallb (fun d => forallb differentiable_everywhere (applications (body d))) chain.

Section Smooth.
  Variable others : functions.
  Notation F := (standard_functions others).
  Variable dims : name -> list Z.

  Lemma derivatives : forall c, differentiable_everywhere c = true ->
    forall z, is_derive (F (fst c) (snd c) : R -> R_NormedModule) z (F (fst c) (S (snd c)) z).
  Proof.
    intros [f o] H. unfold differentiable_everywhere in H. cbn [fst snd] in *. apply andb_prop in H as [Hf Ho].
    apply Nat.eqb_eq in Ho. subst o. rewrite !orb_true_iff, Nat.ltb_lt, !Nat.eqb_eq in Hf.
    assert (E : In f [0; 1; 2; 3; 4; 5; 11; 12]%nat) by (cbn [In]; lia).
    repeat (destruct E as [<-|E]; [cbn [standard_functions]|]); [| | | | | | | |destruct E].
    - exact exp_derivative.
    - exact tanh_derivative.
    - exact logistic_derivative.
    - exact softplus_derivative.
    - exact sin_derivative.
    - exact cos_derivative.
    - exact silu_derivative.
    - exact gelu_tanh_derivative.
  Qed.

  Lemma smooth_applications : forall a T e, forallb differentiable_everywhere (applications a) = true ->
    smooth F dims T e a.
  Proof.
    induction a; intros T e H; cbn [applications smooth] in *; auto; try discriminate.
    - rewrite forallb_app in H. apply andb_prop in H as [H1 H2]. auto.
    - rewrite forallb_app in H. apply andb_prop in H as [H1 H2]. auto.
    - cbn [forallb] in H. apply andb_prop in H as [H1 H2]. split; [now apply IHa | now apply (derivatives (f, o))].
    - rewrite forallb_app in H. apply andb_prop in H as [H1 H2]. split; [|intros; now apply IHa].
      destruct gs; [|discriminate]. destruct n; discriminate.
  Qed.

  Lemma smooth_everywhere : forall chain T, smooth_equations chain = true -> smooth_chain F dims chain T.
  Proof.
    induction chain as [|d rest IH]; intros T H; cbn [smooth_equations forallb smooth_chain] in *; [exact I|].
    apply andb_prop in H as [Hd H]. split; [|now apply IH]. intros p _. now apply smooth_applications.
  Qed.

  Variable n P : nat.
  Variable layers : nat -> layer.
  Variable cost_layer : layer.
  Variable data : nat -> Z -> R.

  Theorem smooth_network_everywhere : forall theta,
    forallb (fun v => smooth_equations (forward (layers v))) (seq 0 n) = true ->
    smooth_equations (forward cost_layer) = true -> smooth_network F dims n P layers cost_layer data theta.
  Proof.
    intros theta H Hc. rewrite forallb_forall in H. split.
    - intros v Hv. apply smooth_everywhere. apply H, in_seq. lia.
    - now apply smooth_everywhere.
  Qed.

  (** ** Networks of any functions: what is left to ask *)

  (** Of the argument [z] of the [o]-th derivative of function [f]. *)
  Definition condition (f o : nat) (z : R) : Prop :=
    if differentiable_everywhere (f, o) then True else
    match f, o with
    | 0%nat, _ => True                                                 (* exp *)
    | 6%nat, 0%nat => z <> 0                                           (* relu *)
    | 7%nat, 0%nat | 8%nat, 0%nat | 9%nat, 0%nat => 0 < z              (* sqrt, 1/sqrt, logarithm *)
    | 10%nat, _ => z <> 0                                              (* 1/z *)
    | _, _ => is_derive (F f o : R -> R_NormedModule) z (F f (S o) z)
    end.

  (** [smooth] with [condition] in the place of differentiability. *)
  Fixpoint conditions (T : tensors) (e : env) (a : expr) : Prop :=
    match a with
    | Number _ | Entry _ _ | Bracket _ => True
    | Add a b | Mul a b => conditions T e a /\ conditions T e b
    | Apply f o a => conditions T e a /\ condition f o (eval F dims T e a)
    | Sum k n a => forall v, In v (zrange 0 n) -> conditions T (set e k v) a
    | LogSumExp k n gs a => admitted e k n gs <> [] /\ forall v, In v (admitted e k n gs) -> conditions T (set e k v) a
    | Maximum k n gs a =>                                              (* attained once *)
        let m := argmax (admitted e k n gs) (fun v => eval F dims T (set e k v) a) in
        admitted e k n gs <> [] /\ forall v, In v (admitted e k n gs) ->
          conditions T (set e k v) a /\ (v <> m -> eval F dims T (set e k v) a < eval F dims T (set e k m) a)
    | ArgMax _ _ _ _ | IndexIs _ _ => False
    end.
  Fixpoint conditions_chain (chain : list equation) (T : tensors) : Prop :=
    match chain with
    | [] => True
    | d :: rest => (forall p, in_range dims (target d) p = true -> conditions T (at_entry dims d p) (body d)) /\
                   conditions_chain rest (define dims T (target d) (value F dims T d))
    end.
  Notation map_of := (vertex_map F dims P layers data).
  Definition conditions_network (theta : Theta dims P) : Prop :=
    (forall v, (v < n)%nat -> conditions_chain (forward (layers v))
       (tensors_at dims P data (readers layers v) v (feedforward map_of theta v))) /\
    conditions_chain (forward cost_layer) (tensors_at dims P data everything n (feedforward map_of theta n)).

  Lemma condition_suffices : forall f o z, condition f o z -> is_derive (F f o : R -> R_NormedModule) z (F f (S o) z).
  Proof.
    intros f o z H. unfold condition in H. destruct (differentiable_everywhere (f, o)) eqn:E; [exact (derivatives (f, o) E z)|].
    destruct f as [|[|[|[|[|[|[|[|[|[|[|f]]]]]]]]]]]; try exact H.
    - apply exp_derivative.
    - destruct o as [|o]; [now apply relu_derivative | exact H].
    - destruct o as [|o]; [now apply sqrt_derivative | exact H].
    - destruct o as [|o]; [now apply rsqrt_derivative | exact H].
    - destruct o as [|o]; [now apply logarithm_derivative | exact H].
    - now apply reciprocal_derivative.
  Qed.

  Lemma conditions_suffice : forall a T e, conditions T e a -> smooth F dims T e a.
  Proof.
    induction a; intros T e H; cbn [conditions smooth] in *; auto.
    - destruct H. auto.
    - destruct H. auto.
    - destruct H as [H1 H2]. split; [auto | now apply condition_suffices].
    - destruct H as [Hn H]. split; [exact Hn|]. intros v Hv. apply IHa, H, Hv.
    - destruct H as [Hn H]. split; [exact Hn|]. intros v Hv. destruct (H v Hv). auto.
  Qed.

  Lemma conditions_chain_suffice : forall chain T, conditions_chain chain T -> smooth_chain F dims chain T.
  Proof.
    induction chain as [|d rest IH]; intros T H; cbn [conditions_chain smooth_chain] in *; [exact I|].
    destruct H as [Hd H]. split; [|now apply IH]. intros p Hp. apply conditions_suffice, Hd, Hp.
  Qed.

  Theorem conditions_network_suffice : forall theta,
    conditions_network theta -> smooth_network F dims n P layers cost_layer data theta.
  Proof.
    intros theta [H Hc]. split; [intros v Hv|]; apply conditions_chain_suffice; [now apply H | exact Hc].
  Qed.
End Smooth.
